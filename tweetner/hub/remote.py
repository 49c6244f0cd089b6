"""Upload a model folder to the real Hugging Face hub."""

from pathlib import Path

from tweetner.hub.contents import model_files
from tweetner.hub.layout import full_name


def push_to_hub(folder: str | Path, repo_id: str) -> str:
    """Replace the files of a model on the Hugging Face hub by those of a folder.

    A model that does not exist there is created.

    Args:
        folder: A model folder; `resolve(name)` gives that of a published model.
        repo_id: `ORG/NAME`, with an organisation or user that you may write to.

    Returns:
        The URL of the commit.

    Raises:
        ValueError: The name is not valid, or the folder holds a file that may not be published.
    """
    if full_name(repo_id) != repo_id:
        raise ValueError(f"expected ORG/NAME, got {repo_id!r}")
    folder = Path(folder).resolve()
    files = model_files(folder)

    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo(repo_id, exist_ok=True)
    # The same commit deletes files that the folder does not hold, such as old weights.
    commit = api.upload_folder(
        repo_id=repo_id, folder_path=folder, allow_patterns=files, delete_patterns=["*"]
    )
    return str(commit.commit_url)
