"""A small synthetic world: case sets with a known truth, pools to train on, and a small model that is trained here.

`world` draws cases and knows their exact posterior, `pictures` renders signs, `folder` writes case sets and pools; none
of them needs torch. `model` and `training` make the model, and are imported only when one is trained.
"""
