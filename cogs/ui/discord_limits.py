"""How long things may be, as Discord counts them. Lengths of texts are in UTF-16 units (`cogs.ui.markdown.length`)."""

CONTENT = 2000
"""The words of a message without components, in a message of the bot's."""

LAYOUT_TEXT = 4000
"""All text of a message made of components."""

ALT_TEXT = 1024
"""The description of an attachment and of a gallery item."""

CHOICES = 25
"""The suggestions and the choices of an option, and the options of a select."""

CHOICE_NAME = 100
"""A suggestion, a choice, an option of a select."""

NONCE = 25
"""What a message is known by when it is sent again."""

FORM_TEXT = 4000
"""A text in a form."""

LIST_ROOM = 1700
"""What lists of lines take of a message: a head stands before them."""
