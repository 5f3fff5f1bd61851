"""Forms in Discord's client: what stands in a field at first, and what it would not send, in its words."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from sandbox.discord.clientchecks import ClientRefusal, Known, check_upload
from sandbox.discord.rules.tree import SELECTS, Kind, walk
from sandbox.discord.wire import Payload, as_int

TEXT_MOST: Final = 4000


def fields_of(modal: Payload) -> list[tuple[str, Payload]]:
    """The fields of a form with what is written above each, in order."""
    labels = {
        part["component"]["custom_id"]: str(part["label"]) for part in modal["components"] if part.get("component")
    }
    fields = [cast("Payload", each) for _, each in walk(modal["components"]) if each.get("custom_id")]
    return [(labels.get(each["custom_id"]) or str(each.get("label") or each["custom_id"]), each) for each in fields]


def proposed(field: Payload) -> object:
    """What a field holds before anybody touches it."""
    match field["type"]:
        case Kind.TEXT_INPUT:
            return field.get("value") or ""
        case Kind.CHECKBOX:
            return field.get("default") is True
        case Kind.RADIO_GROUP:
            return next(iter(_defaults(field)), None)
        case Kind.FILE_UPLOAD:
            return []
        case Kind.STRING_SELECT | Kind.CHECKBOX_GROUP:
            return _defaults(field)
        case _:
            return [str(each["id"]) for each in field.get("default_values") or ()]


def _defaults(field: Payload) -> list[str]:
    return [option["value"] for option in field.get("options") or () if option.get("default")]


def entered(field: Payload, values: Mapping[str, object]) -> object:
    """What a person put into a field; where they left it alone, what it holds at first. Lists may be given singly."""
    value = values.get(field["custom_id"], proposed(field))
    if field["type"] in {Kind.TEXT_INPUT, Kind.CHECKBOX, Kind.RADIO_GROUP}:
        nothing = "" if field["type"] == Kind.TEXT_INPUT else None
        return nothing if value in (None, "") else value
    if value in (None, ""):
        return []
    return list(cast("Sequence[object]", value)) if isinstance(value, list | tuple) else [value]


def check_form(modal: Payload, values: Mapping[str, object], *, known: Known) -> None:
    """Raise ClientRefusal for the first field that would not be sent like this.

    `values` are by custom id: text, a list of values or of Upload, a radio's value, a checkbox's yes or no.
    """
    fields = fields_of(modal)
    if not {field["custom_id"] for _, field in fields}.issuperset(values):
        raise ClientRefusal("The form has no such field.")
    for label, field in fields:
        value = entered(field, values)
        match field["type"]:
            case Kind.TEXT_INPUT:
                _check_text(field, value, label)
            case Kind.CHECKBOX:
                if not isinstance(value, bool):
                    raise ClientRefusal(f"{label}: This is either checked or not.")
            case Kind.RADIO_GROUP:
                _check_picks(field, [] if value in (None, "") else [value], label, most=1, known=known)
            case _:
                most = len(field["options"]) if field["type"] == Kind.CHECKBOX_GROUP else 1
                _check_picks(field, cast("list[object]", value), label, most=most, known=known)


def _check_text(field: Payload, value: object, label: str) -> None:
    if not isinstance(value, str):
        raise ClientRefusal(f"{label}: This field takes text.")
    if not value:
        _refuse_empty(field, label)
        return
    least, most = field.get("min_length") or 0, field.get("max_length") or TEXT_MOST
    if len(value) < least:
        raise ClientRefusal(f"{label}: Enter at least {least} characters.")
    if len(value) > most:
        raise ClientRefusal(f"{label}: Enter at most {most} characters.")


def _refuse_empty(field: Payload, label: str) -> None:
    if field.get("required") is not False:
        raise ClientRefusal(f"{label}: This field is required.")


def _check_picks(field: Payload, picks: Sequence[object], label: str, *, most: int, known: Known) -> None:
    if not picks:
        _refuse_empty(field, label)
        return
    given_least, given_most = field.get("min_values"), field.get("max_values")
    least, most = 1 if given_least is None else given_least, most if given_most is None else given_most
    what = "files" if field["type"] == Kind.FILE_UPLOAD else "options"
    if len(picks) < least:
        raise ClientRefusal(f"{label}: Choose at least {least} {what}.")
    if len(picks) > most:
        raise ClientRefusal(f"{label}: Choose at most {most} {what}.")
    if field["type"] == Kind.FILE_UPLOAD:
        for each in picks:
            check_upload(label, each, known)
    else:
        check_offered(field, picks, known=known)


def check_offered(field: Payload, picks: Sequence[object], *, known: Known) -> None:
    """Raise ClientRefusal where something is chosen twice, or was not offered."""
    if len({str(each) for each in picks}) != len(picks):
        raise ClientRefusal("An option can be chosen once only.")
    if field["type"] in SELECTS and field["type"] != Kind.STRING_SELECT:
        pool = known.pool(field["type"], field.get("channel_types"))
        fit = all(as_int(each) in pool for each in picks)
    else:
        offered = [option["value"] for option in field.get("options") or ()]
        fit = all(each in offered for each in picks)
    if not fit:
        raise ClientRefusal("That option is not offered.")


def check_selection(component: Payload, values: Sequence[str], *, known: Known) -> None:
    """Raise ClientRefusal where a message's select would not be sent with these values."""
    if len(values) < component.get("min_values", 1) or len(values) > component.get("max_values", 1):
        raise ClientRefusal("Choose another number of options.")
    check_offered(component, values, known=known)
