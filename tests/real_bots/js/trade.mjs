// ccxt in JavaScript, unmodified: read a balance, rest an order, read it, cancel it, buy at market.
// Takes one JSON line as its argument, writes one JSON line.

import ccxt from "ccxt";

const wanted = JSON.parse(process.argv[2]);
const exchange = new ccxt[wanted.exchange](wanted.settings);

async function refusal(work) {
  try {
    await work();
    return "";
  } catch (error) {
    return error.constructor.name;
  }
}

async function trade() {
  const before = await exchange.fetchBalance();
  const rests = await exchange.createOrder(wanted.symbol, "limit", "buy", wanted.amount, wanted.price);
  const open = await exchange.fetchOpenOrders(wanted.symbol);
  await exchange.cancelOrder(rests.id, wanted.symbol);
  const bought = await exchange.createOrder(wanted.symbol, "market", "buy", wanted.amount);
  const after = await exchange.fetchBalance();
  return {
    open: open.map((order) => order.id),
    rested: rests.id,
    bought: bought.id,
    before: before.total,
    after: after.total,
  };
}

await exchange.loadMarkets();
const told = wanted.reads
  ? {
      balance: (await exchange.fetchBalance()).total,
      refused: await refusal(() =>
        exchange.createOrder(wanted.symbol, "limit", "buy", wanted.amount, wanted.price),
      ),
    }
  : await trade();
process.stdout.write(JSON.stringify(told) + "\n");
