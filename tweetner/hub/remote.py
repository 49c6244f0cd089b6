"""Upload a model folder to the real Hugging Face hub."""

from pathlib import Path

from tweetner.hub.contents import model_files
from tweetner.hub.layout import full_name


def push_to_hub(folder: str | Path, repo_id: str) -> str:
    """Replace the files of a model on the Hugging Face hub, made if need be, by those of a folder.

    Args:
        folder: As for `publish`; `resolve(name)` gives the folder of a published model.
        repo_id: `ORG/NAME`, the organisation or user being one's own.

    Returns:
        The address of the commit.

    Raises:
        ValueError: The name is not allowed, or the folder holds a file that is not published.
    """
    if full_name(repo_id) != repo_id:
        raise ValueError(f"expected ORG/NAME, got {repo_id!r}")
    folder = Path(folder).resolve()
    files = model_files(folder)

    from huggingface_hub import HfApi

    api = HfApi()
    api.create_repo(repo_id, exist_ok=True)
    # one commit that also deletes what the folder no longer holds, so that no old weights stay beside new ones
    commit = api.upload_folder(
        repo_id=repo_id, folder_path=folder, allow_patterns=files, delete_patterns=["*"]
    )
    return str(commit.commit_url)
