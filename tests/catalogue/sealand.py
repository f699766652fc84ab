"""The card of an exchange that does not exist, for tests of what reads cards."""

SEALAND = """
id = "sealand"
name = "Sealand"
status = "open"
since = "2020-02-02"
level = "papered"
homepage = "https://sealand.example"
hosts = ["api.sealand.example"]

[key_page]
url = "https://sealand.example/keys"
menu_path = ["Profile", "Keys"]
browser_only = true

[[credential]]
field = "api_key"
label = "Key"
format = "[a-f0-9]{8}"
secret = false
required = true

[[credential]]
field = "api_secret"
label = "Secret"
format = "[A-Z]{12}"
secret = true
required = true

[[credential]]
field = "private_key"
label = "Private key"
format = "BEGIN\\\\n[a-z\\\\n]+\\\\nEND"
secret = true
required = false
multiline = true
either = "api_secret"

[[credential]]
field = "passphrase"
label = "Passphrase"
format = "\\\\S{4,8}"
secret = true
required = false

[[permission]]
group = "Account"
label = "View"
api = "view"
scopes = ["read"]
need = "required"
source = "made up"

[[permission]]
group = "Account"
label = "Trade"
api = "trade"
scopes = ["trade_spot", "trade_margin"]
need = "trading"
source = "made up"

[[permission]]
group = "Funds"
label = "Send, and receive"
api = "send"
scopes = ["withdraw"]
need = "must_be_off"
source = "made up"

[[permission]]
label = "Lend"
api = "lend"
scopes = ["other"]
need = "must_be_off"
shown = false
source = "made up"

[ip_list]
supported = true
label = "Addresses"
required_for = ["trade_spot"]

[expiry]
without_ip_list_days = 90
applies_to = ["trade_spot"]
settable = true
sure = false

[rights]
told = true
operation = "get_key_rights"

[stamp]
kind = "time"

[signature]
covers = ["query", "body"]

[probe_order]
symbols = ["BTC/USD"]

[fees]
maker = "0.001"
taker = "0.002"

[self_trade]
mode = "cancel_newest"

[[paper_market]]
symbol = "BTC/USD"
id = "BTCUSD"
feed = "BTC-USD"
price_tick = "0.1"
quantity_step = "0.001"
min_quantity = "0.001"
min_notional = "5"
spread_bps = 1

[[currency]]
code = "BTC"
name = "Bitcoin"
places = 8

[clients.ccxt]
id = "sealand"
urls = { public = "{base}" }

[paper_key]
key_alphabet = "a-f0-9"

[sources]
key_page = "made up"
credentials = "made up"
permissions = "made up"
ip_list = "made up"
expiry = "made up"
rights = "made up"
stamp = "made up"
signature = "made up"
probe_order = "made up"
fees = "made up"
self_trade = "made up"
paper_markets = "made up"
currencies = "made up"
clients = "made up"
paper_key = "made up"

[not_established]
doubts = ["most_keys"]
items = ["How many keys an account may have"]
"""
