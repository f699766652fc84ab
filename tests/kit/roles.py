"""Somebody of each role in one house, who came in by an owner's link."""

from drawbridge.accounts.model import Owner
from drawbridge.accounts.roles import Role
from drawbridge.app.build import House
from drawbridge.core.secret import Secret
from tests.kit.browserling import Browserling
from tests.kit.web_site import WebSite

PASSWORD = "walnut ferry 9 orbit"
COOKIE = "drawbridge_session"
NAMES = {
    Role.OWNER: "Ada",
    Role.MEMBER: "Mia",
    Role.READ_ONLY: "Rosa",
    Role.OPERATOR: "Otto",
}


async def settle(house: House) -> dict[Role, Owner]:
    """Let somebody of each role move in; the owner is there already, or is made."""
    known = {it.name: it for it in await house.accounts.list_owners()}
    owner = known.get(NAMES[Role.OWNER])
    if owner is None:
        owner = await house.accounts.create_owner(NAMES[Role.OWNER], Secret(PASSWORD), first=True)
    people = {Role.OWNER: owner}
    for role in (Role.MEMBER, Role.READ_ONLY, Role.OPERATOR):
        people[role] = await let_in(house, owner, role)
    return people


async def let_in(house: House, by: Owner, role: Role, name: str = "") -> Owner:
    """Let somebody in by a link of this owner."""
    _, link = await house.invitations.invite(by, role)
    password = Secret(PASSWORD)
    return await house.invitations.join(
        house.accounts, link.reveal(), name or NAMES[role], password
    )


async def browser_of(site: WebSite, person: Owner) -> Browserling:
    """Give the browser of somebody who is logged in."""
    browser = Browserling(site.app)
    token = await site.house.accounts.log_in(person.name, Secret(PASSWORD), None, "127.0.0.1")
    browser.cookies[COOKIE] = token.reveal()
    return browser


async def authenticator_of(site: WebSite, person: Owner) -> str:
    """Set up somebody's authenticator and give its secret, for `site.code`."""
    secret = (await site.house.accounts.enrol_second_factor(person.id)).secret.reveal()
    await site.house.accounts.confirm_second_factor(person.id, site.code(secret))
    return secret
