"""What carrying a parcel costs: tariff.py KG ZONE... prints a JSON list of quotes."""

import json
import sys

ZONES = {"home": 400, "near": 700, "far": 1900}  # cents for the first kilogram
PER_KG = {"home": 60, "near": 140, "far": 450}
MAX_KG = 40


def cents(kg: float, zone: str) -> int:
    if zone not in ZONES:
        raise ValueError(f"no zone {zone!r}; there are {', '.join(ZONES)}")
    if not 0 < kg <= MAX_KG:
        raise ValueError(f"{kg} kg: parcels weigh up to {MAX_KG} kg")
    started = max(0, -int(-kg // 1) - 1)  # every kilogram after the first that is begun
    return ZONES[zone] + started * PER_KG[zone]


def quotes(kg: float, zones: list[str]) -> list[dict]:
    return [{"zone": zone, "kg": kg, "cents": cents(kg, zone)} for zone in zones]


if __name__ == "__main__":
    try:
        json.dump(quotes(float(sys.argv[1]), sys.argv[2:]), sys.stdout)
    except (ValueError, IndexError) as e:
        sys.exit(f"tariff: {e}")
