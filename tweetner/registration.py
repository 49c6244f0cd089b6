"""Makes the Auto classes of `transformers` know our model, without importing `transformers` before its user does.

`pipeline("token-classification", model=folder)` finds the class of a folder by the `model_type` of its config, in two
tables of `transformers`: one of configs, in `configuration_auto`, and one of models, in `modeling_auto`. Importing
them costs seconds, so `import tweetner` enters our classes only where a table is loaded already. For a table that is
not, an import hook waits: it lets the usual machinery find and run the module, then enters our class.

Two tables, two moments: `configuration_auto` is loaded while `transformers.modeling_utils` is still half imported,
when no model class can be defined yet.
"""

import importlib.util
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from types import ModuleType


def register_config(configuration_auto: ModuleType) -> None:
    """Enter `TweetTaggerConfig`; `register_for_auto_class` has saved folders carry its code."""
    from tweetner.models.configuration_tweetner import TweetTaggerConfig

    configuration_auto.AutoConfig.register(TweetTaggerConfig.model_type, TweetTaggerConfig, exist_ok=True)
    TweetTaggerConfig.register_for_auto_class()


def register_model(modeling_auto: ModuleType) -> None:
    """Enter `TweetTaggerForTokenClassification`; `register_for_auto_class` has saved folders carry its code."""
    from tweetner.models.configuration_tweetner import TweetTaggerConfig
    from tweetner.models.modeling_tweetner import TweetTaggerForTokenClassification as Model

    modeling_auto.AutoModelForTokenClassification.register(TweetTaggerConfig, Model, exist_ok=True)
    Model.register_for_auto_class("AutoModelForTokenClassification")


REGISTRATIONS: dict[str, Callable[[ModuleType], None]] = {
    "transformers.models.auto.configuration_auto": register_config,
    "transformers.models.auto.modeling_auto": register_model,
}


class AfterImport:
    """Import hook that runs `actions[module name](module)` right after a module's own code, once each.

    A plain class: `importlib.abc` is slow to import.
    """

    def __init__(self, actions: dict[str, Callable[[ModuleType], None]]) -> None:
        self.actions = actions

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        """The spec that the other finders give, its loader told to run the action too."""
        action = self.actions.pop(fullname, None)  # first: the search below asks this finder again
        if action is None:
            return None
        if not self.actions:
            sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            run_module = spec.loader.exec_module

            def run_module_and_action(module: ModuleType) -> None:
                run_module(module)
                action(module)

            spec.loader.exec_module = run_module_and_action  # type: ignore[method-assign]
        return spec


def register() -> None:
    """Enter our classes into the tables that are loaded, and have the others entered when they are."""
    waiting = {}
    for name, action in REGISTRATIONS.items():
        if name in sys.modules:
            action(sys.modules[name])
        else:
            waiting[name] = action
    if waiting:
        sys.meta_path.insert(0, AfterImport(waiting))
