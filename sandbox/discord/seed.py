"""Sets the stage: the cast at the beginning of every sandbox."""

from datetime import datetime, timedelta

from sandbox.discord.cast import DM, GROUP_DM, PUBLIC_THREAD, TEXT, Cast, Channel, Guild, Overwrite, Person, Role
from sandbox.discord.permissions import SPEAK, Permission
from sandbox.discord.snowflakes import long_ago

_MODERATION = Permission.MANAGE_MESSAGES | Permission.MODERATE_MEMBERS | Permission.KICK_MEMBERS
_ADMINISTRATION = _MODERATION | Permission.MANAGE_GUILD | Permission.MANAGE_CHANNELS | Permission.MANAGE_ROLES


def seed_cast(now: datetime, *, application_id: int | None = None, crowd: int = 0) -> Cast:
    """The cast, whose ids and dates lie before `now`. `application_id` is also the bot's user id.

    `crowd` is how many members there are beyond the four who have a name of their own.
    """
    founded = now - timedelta(days=400)
    app = application_id or long_ago(now - timedelta(days=30), 1)
    guild = _guild(founded, app)
    _everyone, moderator_role, admin_role, bot_role = guild.roles

    def person(number: int, username: str, part: str, *role_ids: int) -> Person:
        made = long_ago(founded + timedelta(days=number), number)
        return Person(made, username, username.capitalize(), part, founded + timedelta(days=number), role_ids)

    member = person(1, "mira", "member")
    moderator = person(2, "theo", "moderator", moderator_role.id)
    admin = person(3, "ada", "admin", admin_role.id)
    other = person(4, "sam", "member")
    bot = Person(app, "imagine-bot", None, "bot", now - timedelta(days=30), (bot_role.id,), is_bot=True)
    guests = tuple(person(number, f"guest{number:02}", "member") for number in range(5, 5 + crowd))
    humans = (member, moderator, admin, other, *guests)
    general, after_dark, mod_room, thread = _channels(guild, founded, member.id)
    return Cast(
        application_id=app,
        guild=guild,
        bot=bot,
        member=member,
        moderator=moderator,
        admin=admin,
        other=other,
        crowd=guests,
        general=general,
        after_dark=after_dark,
        mod_room=mod_room,
        thread=thread,
        elsewhere=Channel(
            id=long_ago(founded, 40),
            type=GROUP_DM,
            name="weekend plans",
            created_at=founded,
            owner_id=member.id,
            recipient_ids=(member.id, other.id),
        ),
        moderator_role=moderator_role,
        admin_role=admin_role,
        dms={
            human.id: Channel(long_ago(founded, 50 + number), DM, None, founded, recipient_ids=(human.id,))
            for number, human in enumerate(humans)
        },
    )


def _guild(founded: datetime, app: int) -> Guild:
    guild_id = long_ago(founded, 10)
    roles = (
        Role(guild_id, "@everyone", SPEAK, 0),
        Role(long_ago(founded, 11), "Moderator", SPEAK | _MODERATION, 2, 0x3BA55D),
        Role(long_ago(founded, 12), "Admin", SPEAK | _ADMINISTRATION, 3, 0xE67E22),
        Role(long_ago(founded, 13), "imagine-bot", SPEAK, 1, bot_id=app),
    )
    # An owner may do everything. The rights of everyone here shall come from their roles, so the owner is away.
    return Guild(guild_id, "Sandbox", long_ago(founded, 5), founded, roles)


def _channels(guild: Guild, founded: datetime, member_id: int) -> tuple[Channel, Channel, Channel, Channel]:
    _everyone, moderator_role, admin_role, bot_role = guild.roles

    general = Channel(
        long_ago(founded, 20), TEXT, "general", founded, guild.id, 0, topic="Anything goes, as long as it is kind."
    )
    after_dark = Channel(
        long_ago(founded, 21), TEXT, "after-dark", founded, guild.id, 1, nsfw=True, topic="Age-restricted."
    )
    seen_by = (moderator_role.id, admin_role.id, bot_role.id)
    mod_room = Channel(
        id=long_ago(founded, 22),
        type=TEXT,
        name="mod-room",
        created_at=founded,
        guild_id=guild.id,
        position=2,
        topic="For moderators.",
        overwrites=(
            Overwrite(guild.id, is_role=True, deny=int(Permission.VIEW_CHANNEL)),
            *(Overwrite(role_id, is_role=True, allow=int(Permission.VIEW_CHANNEL)) for role_id in seen_by),
        ),
    )
    thread = Channel(
        id=long_ago(founded, 23),
        type=PUBLIC_THREAD,
        name="poster ideas",
        created_at=founded,
        guild_id=guild.id,
        parent_id=general.id,
        owner_id=member_id,
    )
    return general, after_dark, mod_room, thread
