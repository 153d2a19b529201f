"""What a division's code itself tells (GB/T 2260): its level, and the division above."""

from jiesu.organizations.models import Region


def normal_region_code(code: str) -> str:
    """A division's code in its own length: 35 is 350000, 350102001000 is 350102001."""
    if not (code.isascii() and code.isdecimal() and len(code) in (2, 4, 6, 9, 12)):
        return code
    full = code.ljust(12, "0")
    if full.endswith("000000"):
        return full[:6]
    return full[:9] if full.endswith("000") else full


def region_level(code: str) -> str:
    """The level a division's code speaks of; "" for no such code."""
    if len(code) == 12:
        return Region.Level.VILLAGE
    if len(code) == 9:
        return Region.Level.STREET
    if len(code) != 6:
        return ""
    if code.endswith("0000"):
        return Region.Level.PROVINCE
    return Region.Level.CITY if code.endswith("00") else Region.Level.COUNTY


def region_parent(code: str) -> str:
    """The code of the division above, as the code itself tells; "" for a province."""
    if len(code) in (9, 12):
        return code[:-3]
    if len(code) != 6 or code.endswith("0000"):
        return ""
    return f"{code[:2]}0000" if code.endswith("00") else f"{code[:4]}00"
