"""Files as other programs keep them, with keys that look real and are nobody's."""

import json

from drawbridge.catalogue.drawing import DrawnSecrets
from drawbridge.core.secret import Secret

KEY = "Kq7" * 21 + "A"
SECRET = "Zw9" * 21 + "B"
OKX_KEY = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
OKX_SECRET = "0123456789ABCDEF" * 2
OKX_PASSPHRASE = "Tr4ding!"
DRAWN = DrawnSecrets("V1" * 32, Secret("S2" * 32), Secret("Virtu4l!"))

FREQTRADE = f"""{{
    // where to trade
    "max_open_trades": 3,
    "trading_mode": "spot",
    "exchange": {{
        "name": "binance",
        "key": "{KEY}",
        "secret": "{SECRET}", /* until May: {SECRET} */
        "ccxt_config": {{}},
        "pair_whitelist": ["BTC/USDT", "ETH/USDT",],
    }},
    "api_server": {{"jwt_secret_key": "somethingRandom", "username": "f", "password": "t"}},
}}
"""
DOTENV = f"""# bots
export BINANCE_API_KEY={KEY}
BINANCE_API_SECRET="{SECRET}" # live
OKX_API_KEY={OKX_KEY}
OKX_SECRET_KEY={OKX_SECRET}
OKX_PASSPHRASE={OKX_PASSPHRASE}
AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE
AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY
"""
YAML = f"""---
accounts:
- name: mine
  market_code: okx
  api_key: "{OKX_KEY}"  # the first
  secret: {OKX_SECRET}
  passphrase: '{OKX_PASSPHRASE}'
- name: other
  market_code: binance
  api_key: {KEY}
  secret: {SECRET}
"""
TOML = f"""[accounts.okx]
api_key = "{OKX_KEY}"
secret = "{OKX_SECRET}"
passphrase = "{OKX_PASSPHRASE}"
"""
CCXT = json.dumps(
    {
        "okx": {"apiKey": OKX_KEY, "secret": OKX_SECRET, "password": OKX_PASSPHRASE},
        "binance": {"apiKey": KEY, "secret": SECRET, "options": {"adjustForTimeDifference": True}},
    },
    indent=2,
)
PYTHON = f"""import ccxt

exchange = ccxt.binance({{
    'apiKey': '{KEY}',
    'secret': "{SECRET}",
    'options': {{'defaultType': 'spot'}},
}})
"""
JESSE = (
    "id,exchange_name,name,api_key,api_secret,additional_fields\n"
    f"1,Binance Perpetual Futures,mine,{KEY},{SECRET},{{}}\n"
)
CSV = f"name;exchange;key;secret\nKonto für mich;binance;{KEY};{SECRET}\n"
_SEALED = json.dumps({"crypto": {"cipher": "aes-128-ctr", "ciphertext": "d1" * 40}}).encode().hex()
HUMMINGBOT = f"connector: binance\n\nbinance_api_key: {_SEALED}\nbinance_api_secret: {_SEALED}\n"
