"""What the rules of the engine say no to, in the words of the pages: what is wrong, and what to do.

The engine speaks English, with a `code` and values. Every code that a page can meet has its Dutch here.
"""

from __future__ import annotations

from collections.abc import Mapping

from tijdig.engine.errors import TijdigError

DUTCH: Mapping[str, str] = {
    "CLOSED": "Dit dossier is gesloten. Heropen het eerst als het verder moet.",
    "NO_REASON": "Schrijf een reden van minimaal 10 tekens.",
    "STEP_DONE": "‘{asks}’ is al afgerond. Neem eerst het besluit terug als het anders moet.",
    "STEP_NOT_OPEN": "‘{asks}’ kan nu niet: de taak is niet open. Kijk in het dossier waar zij op wacht.",
    "NO_DAY": "Van welke dag is ‘{label}’? Vul die dag ook in.",
    "IN_FUTURE": "De dag van ‘{label}’ ({day}) ligt in de toekomst. Vul de dag in die erop staat.",
    "TOO_OLD": "‘{label}’ is van {day} en geldig tot en met {last}: te oud. Lever een nieuwer stuk aan.",
    "KNOWN": "‘{label}’ is al vastgelegd. Kies ‘Gegeven corrigeren’ als het anders moet.",
    "SAME": "Dit gegeven staat al zo vast. Er is niets gewijzigd.",
    "TERM_OVER": "Deze termijn is voorbij en kan niet meer worden verlengd. Besluit, of laat het escaleren.",
    "TOO_OFTEN_EXTENDED": "Deze termijn is al zo vaak verlengd als mag ({times} keer). Verder verlengen kan niet.",
    "NO_TERM": "Schrijf een getal en een eenheid, bijvoorbeeld 1 week of 10 werkdagen.",
    "BAD_TERM": "Schrijf een getal en een eenheid, bijvoorbeeld 1 week of 10 werkdagen.",
    "TOO_LONG": "Zo wordt het later dan {limit}, en dat mag niet. Vul minder in.",
    "NO_END": "Kies een einddag die na vandaag ligt.",
    "REMINDED": "Voor deze taak is vandaag al met de hand herinnerd. Wacht tot morgen.",
    "FOLLOWED": "Dossier {case} volgt uit dit besluit en loopt nog. "
    "Laat dat eerst vervallen als het een vergissing was.",
    "ALREADY_OPEN": "Over dit onderwerp loopt al een dossier van deze procedure: {case}. Ga daarin verder.",
    "HAD_BEFORE": "{subject} had al een dossier van deze procedure ({case}), en een tweede mag niet. Vraag de "
    "beheerder of ‘{label}’ op ja kan: Beheer, Instellingen.",
    "SETTING_MISSING": "De instelling ‘{label}’ ({setting}) is verplicht en nog niet gekozen. Vraag de beheerder "
    "om haar te kiezen: Beheer, Instellingen.",
    "NEEDS_FACT": "‘{label}’ is nodig om te beginnen. Vul het in.",
    "NO_SUBJECT": "Er is geen lid ‘{subject}’. Kijk het nummer na, of vraag de beheerder om het lid toe te voegen.",
    "ENDS_BEFORE_IT_BEGINS": "De laatste dag ({until}) ligt voor de eerste ({since}). Verbeter een van de twee.",
    "OVERLAP": "Dossier {case} gaat over {since} tot en met {until}; dat overlapt. "
    "Vul andere dagen in, of ga daar verder.",
    "STALE_VERSION": "Het dossier is intussen gewijzigd. Bekijk het opnieuw.",
    "CHANGED": "Iemand anders wijzigde dit dossier op hetzelfde moment. Probeer het opnieuw.",
}


def in_dutch(refusal: TijdigError) -> str:
    """The refusal as a page says it; one without words here says what it said itself."""
    try:
        return DUTCH[refusal.code].format_map(vars(refusal))
    except KeyError:
        return str(refusal)
