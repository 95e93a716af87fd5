"""What the site has beside its pages: the OpenAPI description, which is part of the package."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

DESCRIPTION = Path(__file__).parent.parent / "partnero_async" / "sandbox" / "openapi.json"


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put the description beside the page that shows it."""
    files.append(File.generated(config, "reference/openapi.json", abs_src_path=str(DESCRIPTION)))
    return files
