"""Controleer een bewijsmap van Tijdig, zonder Tijdig.

Gebruik: python3 controleer.py BEWIJSMAP.zip [EINDE]

Er is alleen Python 3.8 of nieuwer nodig. Het rekent na: elk bestand (inhoud.json), elke regel van het logboek en de
keten ertussen, elk document dat het logboek noemt, en de procedure. EINDE is de hash van de laatste regel zoals u die
van elders kent: uit Tijdig zelf, een eerdere map of een zegel. Uitkomst 0: alles klopt. Uitkomst 1: er klopt iets niet.
"""

import hashlib
import json
import sys
import zipfile


def main(path, end=""):
    """Check one zip; gives the exit status."""
    with zipfile.ZipFile(path) as packed:
        files = {name: packed.read(name) for name in packed.namelist()}
    about, log = json.loads(files["inhoud.json"]), json.loads(files["logboek.json"])
    problems = [*check_files(files, about), *check_chain(log, about, end.lower()), *check_documents(files, log)]
    if sha256(files["procedure.json"]) != about["procedure"]["sha256"]:
        problems.append("procedure.json is niet de procedure van dit dossier.")
    for problem in problems:
        print("■ " + problem)
    if not problems:
        print(f"● {len(log['regels'])} regels en {len(files) - 1} bestanden van {log['dossier']} kloppen.")
        print(f"  Laatste regel: {about['einde']}")
    return 1 if problems else 0


def check_files(files, about):
    """Each file is as it was packed, and there are no others."""
    known = about["bestanden"]
    for name in sorted({*known, *files} - {"inhoud.json"}):
        if name not in files:
            yield f"{name} ontbreekt."
        elif name not in known:
            yield f"{name} hoort niet in deze map."
        elif sha256(files[name]) != known[name]:
            yield f"{name} is veranderd."


def check_chain(log, about, end):
    """Each entry follows the one before it, and holds what was written."""
    previous = b""
    for number, entry in enumerate(log["regels"], start=1):
        if entry["seq"] != number:
            yield f"Regel {number} van het logboek ontbreekt."
            return
        parts = ("seq", "at", "kind", "key", "actor", "nominal", "overtaken", "commitment")
        said = json.dumps([log["dossier"], *(entry[part] for part in parts)], ensure_ascii=False, separators=(",", ":"))
        found = hashlib.sha256(previous + said.encode()).digest()
        if found.hex() != entry["hash"]:
            yield f"Regel {number} van het logboek is veranderd."
        if (
            entry["body"] is not None
            and sha256(bytes.fromhex(entry["salt"]) + entry["body"].encode()) != entry["commitment"]
        ):
            yield f"De inhoud van regel {number} van het logboek is veranderd."
        previous = bytes.fromhex(entry["hash"])
    for known, where in ((about["einde"], "inhoud.json"), (end, "u noemde")):
        if known and not previous.hex().startswith(known):
            yield f"Het logboek eindigt anders dan {where}: er is een regel weg of bij."


def check_documents(files, log):
    """Each document that the log names is there, and is that document."""
    present = {sha256(content) for name, content in files.items() if name.startswith("documenten/")}
    for entry in log["regels"]:
        values = json.loads(entry["body"] or "{}").get("values", {})
        for value in values.values():
            if isinstance(value, dict) and "sha256" in value and value["sha256"] not in present:
                yield f"Document '{value.get('name')}' (regel {entry['seq']}) ontbreekt of is veranderd."


def sha256(content):
    """As people write it: in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
