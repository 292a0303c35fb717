#!/usr/bin/env bash
# From the gap to the fix on a model that is trained here; docs/from-gap-to-fix.md explains each step. Run by `make circle`.
set -euo pipefail

medsyn microworld circle-run --model 0 --model 1 --model 2

base=hf-vlm/circle-run/models/seed-0/base,hf-vlm/circle-run/models/seed-1/base,hf-vlm/circle-run/models/seed-2/base
inspect eval medsyn_inspect/sensitivity --model $base -T cases=circle-run/development --log-dir circle-run/logs/development --no-log-images
medsyn analyze circle-run/logs/development -o circle-run/findings

for seed in 0 1 2; do
  medsyn refine circle-run/logs/development --reader hf-vlm/circle-run/models/seed-$seed/base --held-out circle-run/evaluation --targets 1 -o circle-run/refined/seed-$seed
  for prompt in placebo emphasis; do
    inspect eval --run-config circle-run/refined/seed-$seed/$prompt.yaml --log-dir circle-run/logs/evaluation --no-log-images
  done
done

for seed in 0 1 2; do
  medsyn curate --from circle-run/findings --reader hf-vlm/circle-run/models/seed-$seed/base --development 1 --pool general=circle-run/pools/general --pool specialised=circle-run/pools/specialised --targets 1 --exclude-target-from-general --evaluation circle-run/development --evaluation circle-run/evaluation --size 6000 --target-share 0.5 --seed $seed -o circle-run/mixtures/seed-$seed
done

for seed in 0 1 2; do
  for mixture in general targeted; do
    medsyn train circle-run/mixtures/seed-$seed --mixture $mixture --model circle-run/models/seed-$seed/base --learning-rate 1e-3 --epochs 3 --batch-size 32 --device-batch 32 --seed $seed -o circle-run/models/seed-$seed/$mixture
  done
done

general=${base//base/general}
targeted=${base//base/targeted}
inspect eval medsyn_inspect/sensitivity --model $base,$general,$targeted -T cases=circle-run/evaluation --log-dir circle-run/logs/evaluation --no-log-images
medsyn before-after circle-run/logs/evaluation -o circle-run/before-after
medsyn analyze circle-run/logs/evaluation -o circle-run/evaluated

medsyn attention --model $base,$targeted --cases circle-run/evaluation --findings circle-run/evaluated -o circle-run/attention

medsyn report circle-run/logs/evaluation --circle circle-run -o circle-run/report
