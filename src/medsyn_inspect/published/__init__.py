"""The figures that the MEDSYN paper prints, as data, with what is known to be wrong with them."""

from medsyn_inspect.published.comparison import against_published
from medsyn_inspect.published.figures import published_figures
from medsyn_inspect.published.readers import PaperReader, paper_name, paper_readers

__all__ = ["PaperReader", "against_published", "paper_name", "paper_readers", "published_figures"]
