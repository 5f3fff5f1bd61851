"""Embeds of a message without Components V2. Limits: Discord's embed limits and its OpenAPI file."""

from typing import Final

from sandbox.discord.rules.form import Form

_TOTAL_MOST: Final = 6000


def check_embeds(message: Form) -> None:
    """Up to ten embeds, each part within its limit, and 6000 characters over all of them."""
    embeds = message.forms("embeds", 0, 10)
    for embed in embeds:
        _check_embed(embed)
    if sum(map(_size, embeds)) > _TOTAL_MOST:
        message.note("embeds", "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {_TOTAL_MOST}")


def _check_embed(embed: Form) -> None:
    embed.text("title", 0, 256)
    embed.text("description", 0, 4096)
    embed.whole("color", 0, 0xFFFFFF)
    embed.url("url")
    footer = embed.form("footer")
    if footer is not None:
        footer.text("text", 0, 2048)
    author = embed.form("author")
    if author is not None:
        author.text("name", 0, 256)
    for field in embed.forms("fields", 0, 25):
        field.text("name", 1, 256, required=True)
        field.text("value", 1, 1024, required=True)
        field.flag("inline")


def _size(embed: Form) -> int:
    # The forms of the parts are made on a list of their own: their problems were noted by the check already.
    quiet = Form(embed.value, embed.path, [])
    texts = [quiet.value.get("title"), quiet.value.get("description")]
    for key, part in (("footer", "text"), ("author", "name")):
        form = quiet.form(key)
        texts.append(form.value.get(part) if form else None)
    for field in quiet.forms("fields", 0, 25):
        texts += [field.value.get("name"), field.value.get("value")]
    return sum(len(text) for text in texts if isinstance(text, str))
