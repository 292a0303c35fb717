"""The published figures of the MEDSYN paper as data, with warnings about their known errors."""

from medsyn_inspect.published.comparison import against_published
from medsyn_inspect.published.figures import published_figures
from medsyn_inspect.published.readers import PaperReader, paper_name, paper_readers

__all__ = ["PaperReader", "against_published", "paper_name", "paper_readers", "published_figures"]
