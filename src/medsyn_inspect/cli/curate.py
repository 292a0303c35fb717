"""`medsyn curate`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from medsyn_inspect.cli.options import output_folder
from medsyn_inspect.cli.printing import say
from medsyn_inspect.writing import require_writable


@click.command("curate")
@click.option("--from", "findings", type=click.Path(path_type=Path), required=True, metavar="FINDINGS",
              help="Folder of `medsyn analyze -o` or `medsyn report`.")  # fmt: skip
@click.option("--pool", "pools", multiple=True, required=True, metavar="NAME=PATH",
              help="Pool of training samples; may be repeated. The first is the general one.")  # fmt: skip
@output_folder("Folder for the mixtures.", required=True)
@click.option("--reader", default="", help="The reader, if the findings have several.")
@click.option("--size", type=click.IntRange(min=2), default=3000, show_default=True, help="Samples of each mixture.")
@click.option("--target-share", type=float, default=0.5, show_default=True, help="Share of the targeted samples.")
@click.option("--exclude-target-from-general", is_flag=True, help="No targeted type in the general samples.")
@click.option("--development", type=float, default=0.5, show_default=True,
              help="Share of the cases to choose targets on; 1 if the findings are of development cases.")  # fmt: skip
@click.option("--targets", type=click.IntRange(min=1), help="Maximum number of targets (default: all that qualify).")
@click.option("--evaluation", multiple=True, metavar="CASES", help="Case set that must not be trained on.")
@click.option("--licence", "licences", multiple=True, metavar="NAME=LICENCE", help="Licence of a pool.")
@click.option("--type", "types", multiple=True, metavar="NAME=TYPE", help="Evidence type of all samples of a pool.")
@click.option("--map", "mappings", multiple=True, metavar="MODALITY=TYPE", help="Evidence type of a modality.")
@click.option("--curriculum", is_flag=True, help="Order by images and length instead of at random.")
@click.option("--seed", type=int, default=0, show_default=True, help="Random seed.")
def command(
    findings: Path,
    pools: tuple[str, ...],
    output: Path,
    reader: str,
    size: int,
    target_share: float,
    exclude_target_from_general: bool,
    development: float,
    targets: int | None,
    evaluation: tuple[str, ...],
    licences: tuple[str, ...],
    types: tuple[str, ...],
    mappings: tuple[str, ...],
    curriculum: bool,
    seed: int,
) -> None:
    """Curate mixtures of training data aimed at the evidence types that a reader underuses.

    Targets are the types whose matched deficit is above noise on development cases. The mixtures are `general`,
    `targeted`, and `control` (other types from the targeted sources), of the same size.
    """
    require_writable(output)

    from medsyn_inspect.interventions.curate.folder import curate
    from medsyn_inspect.interventions.curate.mixtures import Recipe
    from medsyn_inspect.interventions.curate.pools import add_mappings, read_pool
    from medsyn_inspect.interventions.targets import choose, in_words, read_sensitivity

    where, licence_of, type_of = pairs(pools, "--pool"), pairs(licences, "--licence"), pairs(types, "--type")
    for option, given in (("--licence", licence_of), ("--type", type_of)):
        if stray := sorted(set(given) - set(where)):
            raise ValueError(f"{option} {stray[0]}: no such pool; there are {', '.join(where)}")
    choice = choose(read_sensitivity(findings), reader=reader, development=development, seed=seed, most=targets)
    for line in in_words(choice):
        say(line)
    add_mappings(pairs(mappings, "--map"))
    found = [
        read_pool(name, Path(path), licence_of.get(name, ""), type_of.get(name, "")) for name, path in where.items()
    ]
    recipe = Recipe(size, target_share, exclude_target_from_general, seed, curriculum)
    curated = curate(output, choice, found, recipe, evaluation=evaluation)
    for mixture, samples in curated.mixtures.samples.items():
        say(f"{mixture}: {len(samples)} samples")
    for note in [*curated.mixtures.notes, *(f"dropped {n} ({why})" for why, n in curated.mixtures.dropped.items())]:
        say(note)
    say(f"Wrote {output}: {', '.join(file.name for file in curated.files)}")


def pairs(given: Sequence[str], option: str) -> dict[str, str]:
    """Values of the form NAME=VALUE.

    Raises:
        ValueError: If one has no `=`, or a name is given twice.
    """
    found: dict[str, str] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise ValueError(f"{option} {text}: write it as NAME=VALUE")
        if name in found:
            raise ValueError(f"{option} {name}: given twice")
        found[name] = value
    return found
