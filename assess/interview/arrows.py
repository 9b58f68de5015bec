"""The front end with arrow keys; every option and every command also has its letter."""

from __future__ import annotations

import questionary
from questionary import Choice, Separator

from assess.interview.screen import Card, Plain


class Arrows(Plain):
    def ask(self, card: Card) -> str:
        if not card.options:
            self.show(card, card.heading, card.text, *card.remarks)
            return self.line(card.prompt)
        self.show(card, card.heading, *card.remarks)
        numbered = {str(number): option for number, option in enumerate(card.options, 1)}
        # The menu is its own help, and a letter here can't be a question mark.
        letters = {key: does for key, does in card.keys.items() if key != "?"}
        options, commands = (
            [Choice(title, value=key, shortcut_key=key) for key, title in each.items()]
            for each in (numbered, letters)
        )
        return str(
            questionary.select(
                card.text,
                [*options, Separator(" "), *commands],
                default=card.enter,
                qmark=">",
                instruction=f"({card.menu})",
                use_shortcuts=True,
                use_jk_keys=False,
            ).unsafe_ask()
        )

    def line(self, prompt: str) -> str:
        return str(questionary.text(prompt, qmark=">").unsafe_ask())
