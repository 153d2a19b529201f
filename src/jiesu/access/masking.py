"""How personal data looks to someone who has not been shown it (个人信息保护法 art. 51).

All functions take the clear text and give the masked one; "" stays "".
"""


def mask_name(name: str) -> str:
    """陈小满 → 陈**; an enterprise's name keeps its first two and last two characters."""
    if "·" in name:  # 阿卜杜拉·买买提: a person, however long
        return f"{name[:1]}****"
    if len(name) > 4:
        return f"{name[:2]}****{name[-2:]}"
    return name[:1] + "*" * (len(name) - 1)


def mask_phone(phone: str) -> str:
    """13812342046 → 138****2046; 87654321 → 87****21; a short number keeps its last two digits."""
    if len(phone) >= 11:
        return f"{phone[:-8]}****{phone[-4:]}"
    if len(phone) >= 7:
        return f"{phone[:2]}****{phone[-2:]}"
    return "*" * (len(phone) - 2) + phone[-2:] if len(phone) > 2 else "*" * len(phone)


def mask_document(number: str) -> str:
    """350102199001011234 → 3501**********1234; a short one is hidden whole."""
    if len(number) >= 12:
        return f"{number[:4]}{'*' * (len(number) - 8)}{number[-4:]}"
    return "*" * len(number)


def mask_address(address: str) -> str:
    """Keeps the first six characters (the area), at most half, and hides the door."""
    return f"{address[: min(6, len(address) // 2)]}****" if address else ""


def mask_email(email: str) -> str:
    """chen@fuzhou.gov.cn → c****@fuzhou.gov.cn."""
    name, at, host = email.rpartition("@")
    return f"{name[:1]}****{at}{host}" if at else "*" * len(email)
