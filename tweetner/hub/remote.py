"""Upload a model folder to the real Hugging Face hub."""

from pathlib import Path

from tweetner.hub.contents import model_files
from tweetner.hub.layout import full_name


def check_push(repo_id: str) -> None:
    """Check, before a long run, that the Hugging Face hub will accept an upload.

    Raises:
        ValueError: The name is not valid, the hub cannot be reached or knows no token, or the
            token's user is no member of the organisation.
    """
    if full_name(repo_id) != repo_id:
        raise ValueError(f"expected ORG/NAME, got {repo_id!r}")

    from huggingface_hub import HfApi

    try:
        user = HfApi().whoami()
    except Exception as error:  # of the HTTP library, of the hub's client or of the system
        reason = " ".join(str(error).split())[:200] or type(error).__name__
        raise ValueError(f"cannot upload to {repo_id}: {reason}") from error
    names = [user["name"], *(organisation["name"] for organisation in user.get("orgs", []))]
    if repo_id.split("/", maxsplit=1)[0] not in names:
        raise ValueError(f"cannot upload to {repo_id}: the token may write to {', '.join(names)}")


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
