// The first page: markets live over the exchange desk's WebSocket, in its plain-text dialect (subprotocol `json`).
// Everything shown is set as text, never as markup. No framework, nothing from elsewhere.
"use strict";

const DEPTH = 5;
const SPARK_S = 600; // the small chart shows the last ten minutes
const SPARK_STEP_S = 5;
const PING_MS = 20000;
const RETRY_MS_MAX = 10000;

const byId = (id) => document.getElementById(id);
const socketAddress = (path) => location.origin.replace(/^http/, "ws") + path;
const markets = new Map(); // name → {card, asks, bids, last}
let socket = null;
let retryMs = 500;
let requestId = 0;
const waiting = new Map(); // request id → what to do with its result

// ── what the house is ──────────────────────────────────────────────────────────────────────────────────────────────

const houseOf = (page) => JSON.parse(page.getElementById("house").textContent);

async function askHouseAgain() {
  const answer = await fetch("/", { cache: "no-store" });
  if (!answer.ok) throw new Error(`GET /: ${answer.status}`);
  return houseOf(new DOMParser().parseFromString(await answer.text(), "text/html"));
}

function showHouse(house) {
  for (const id of ["demo", "demo-words", "attribution"]) byId(id).hidden = !house.demo;
  byId("version").textContent = `fondaco ${house.version}`;
  byId("slow").hidden = !house.slow;
  byId("slow").textContent = house.slow;
  document.title = house.demo ? "fondaco · demo" : "fondaco";
  for (const name of [...markets.keys()]) {
    if (!house.markets.some((market) => market.name === name)) {
      markets.get(name).card.remove();
      markets.delete(name);
    }
  }
  for (const market of house.markets) if (!markets.has(market.name)) addMarket(market);
  byId("markets").querySelector(".empty")?.remove();
  if (!markets.size) {
    const words = document.createElement("p");
    words.className = "empty";
    words.textContent = "No market is open yet. An operator's key makes one: asset.create, then market.create.";
    byId("markets").append(words);
  }
  showAddresses();
  showFirstOrder(house);
}

function addMarket(market) {
  const card = byId("market").content.firstElementChild.cloneNode(true);
  card.querySelector("h3").textContent = market.name; // two markets may trade the same pair
  card.querySelector(".pair").textContent = `${market.stock} / ${market.money}`;
  card.querySelector("th.price").textContent = market.money;
  card.querySelector("th.amount").textContent = market.stock;
  for (const side of ["asks", "bids"]) {
    for (let row = 0; row < DEPTH; row += 1) {
      const line = card.querySelector(`.${side}`).insertRow();
      line.insertCell().className = "price";
      line.insertCell().className = "amount";
    }
  }
  card.querySelector(".last").textContent = "–";
  byId("markets").append(card);
  markets.set(market.name, { card, asks: new Map(), bids: new Map(), last: null, money: market.money });
}

function showAddresses() {
  const addresses = [
    ["WebSocket", socketAddress("/exchange"), "answers packed with zlib; subprotocols json and gzip on request"],
    ["WebSocket, v2", socketAddress("/exchange/v2"), "the same in gzip"],
    ["HTTP", `${location.origin}/exchange/<method>`, "every method as a POST"],
    ["Rewards", `${location.origin}/rewards/<method>`, "every method as a POST", "/docs", "all methods described"],
    ["Health", "/healthz", "", "/readyz", ""],
    ["Metrics", "/metrics", ""],
  ];
  const rows = [];
  for (const [what, ...parts] of addresses) {
    const term = document.createElement("dt");
    term.textContent = what;
    const where = document.createElement("dd");
    for (let part = 0; part < parts.length; part += 2) {
      const address = document.createElement(parts[part].startsWith("/") ? "a" : "code");
      address.textContent = parts[part];
      if (address.tagName === "A") address.href = parts[part];
      where.append(address, parts[part + 1] ? ` · ${parts[part + 1]}` : " ");
    }
    rows.push(term, where);
  }
  byId("addresses").replaceChildren(...rows);
}

// ── the first order ────────────────────────────────────────────────────────────────────────────────────────────────

function showFirstOrder(house) {
  const market = house.markets[0];
  byId("order").hidden = !market; // nothing to order before there is a market
  if (!market) return;
  byId("key-words").hidden = house.demo;
  const amount = market.amount_digits > 1 ? "0.01" : "1";
  const file = house.credentials;
  const pythonKey = house.demo
    ? `me = json.load(open(${JSON.stringify(file)}))["users"]["alice"]`
    : `me = {"api_key": "API_KEY", "secret": "SECRET"}  # as key.create or fondaco key create printed them`;
  const shellKey = house.demo
    ? `credentials=${shellQuoted(file)}
of_alice() { python3 -c 'import json, sys; print(json.load(open(sys.argv[1]))["users"]["alice"][sys.argv[2]])' "$credentials" $1; }
key=$(of_alice api_key)
secret=$(of_alice secret)`
    : `key=API_KEY
secret=SECRET`;
  if (house.demo) showRewards(file);
  byId("code-python").textContent = `import hashlib, hmac, json, time, urllib.request

house = ${JSON.stringify(location.origin)}
${pythonKey}

def call(method, *params):
    path, body = f"/exchange/{method}", json.dumps({"params": params, "id": 1})
    timestamp = str(time.time_ns() // 1_000_000)
    sign = hmac.new(me["secret"].encode(), (timestamp + path + body).encode(), hashlib.sha256).hexdigest()
    headers = {"X-Api-Key": me["api_key"], "X-Timestamp": timestamp, "X-Signature": sign}
    answer = json.load(urllib.request.urlopen(urllib.request.Request(house + path, body.encode(), headers)))
    return answer["error"] or answer["result"]

last = float(call("price.query", "${market.name}"))
price = last * 0.99 or 1  # a market without a trade has the price 0
print(call("order.put_limit", "${market.name}", 2, "${amount}", f"{price:.${market.price_digits}f}"))  # 2 = bid, 1 = ask
print(call("order.query", ["${market.name}"], 0, 10))
`;
  byId("code-websocat").textContent = `${shellKey}
now=$(date +%s%3N)
sign=$(printf %s "$key$now" | openssl dgst -sha256 -hmac "$secret" -r | cut -d' ' -f1)

{ echo '{"method":"server.auth","params":["'$key'","'$sign'",'$now'],"id":1}'
  echo '{"method":"order.put_limit","params":["${market.name}",2,"${amount}","${underLast(market)}"],"id":2}'
  sleep 1  # a question may be answered before an order, which has to be on disk first
  echo '{"method":"order.query","params":[["${market.name}"],0,10],"id":3}'
  sleep 1
} | websocat --protocol json ${socketAddress("/exchange")}
`;
}

function shellQuoted(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

function underLast(market) {
  const last = Number(markets.get(market.name)?.last ?? 0);
  return last ? (last * 0.99).toFixed(market.price_digits) : "1";
}

function chooseTab(chosen) {
  for (const language of ["python", "websocat"]) {
    const tab = byId(`tab-${language}`);
    tab.setAttribute("aria-selected", String(tab === chosen));
    tab.tabIndex = tab === chosen ? 0 : -1;
    byId(`code-${language}`).hidden = tab !== chosen;
  }
}

function showRewards(file) {
  byId("rewards").hidden = false;
  byId("code-rewards").textContent = `house=${location.origin}/rewards
login=$(python3 -c 'import json, sys; print(json.dumps(json.load(open(sys.argv[1]))["rewards"]))' ${shellQuoted(file)})
token=$(curl -s $house/authentication/token -d "$login" | python3 -c 'import json, sys; print(json.load(sys.stdin)["data"]["token"])')
ask() { curl -s $house/$1 -d '{"token":"'$token'",'"$2"'}' | python3 -m json.tool; }

ask customer_events/purchases/apply_settlement '"customer_event_identifier":{"number":"796"}'
ask accounts_receivable/statement '"accounts_receivable_identifier":{"number":"ACR0000000001"}'
`;
}

async function copyCode() {
  const shown = document.querySelector("pre:not([hidden])");
  try {
    await navigator.clipboard.writeText(shown.textContent);
    byId("copy").textContent = "copied";
    setTimeout(() => { byId("copy").textContent = "copy"; }, 1500);
  } catch {
    getSelection().selectAllChildren(shown); // not a secure origin: leave it selected for the reader's own copy
  }
}

// ── live ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function status(state, words) {
  byId("status").dataset.state = state;
  byId("status").textContent = words;
}

function request(method, params, useResult) {
  requestId += 1;
  if (useResult) waiting.set(requestId, useResult);
  socket.send(JSON.stringify({ method, params, id: requestId }));
}

async function connect(house) {
  try {
    house ??= await askHouseAgain(); // after an interruption: markets may have been added
    showHouse(house);
    socket = new WebSocket(socketAddress("/exchange"), "json");
    socket.onopen = () => {
      status("live", "live");
      retryMs = 500;
      follow(house);
    };
    socket.onmessage = (message) => received(JSON.parse(message.data));
    socket.onclose = retry;
  } catch {
    retry();
  }
}

function retry() {
  status("lost", "the house does not answer; trying again");
  waiting.clear();
  setTimeout(connect, retryMs);
  retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
}

function follow(house) {
  const names = [...markets.keys()];
  if (!names.length) return;
  request("price.subscribe", names);
  request("state.subscribe", names);
  request("depths.subscribe", names.map((name) => [name, DEPTH, "0"]));
  for (const name of names) {
    request("price.query", [name], (price) => {
      showPrice(name, price);
      showFirstOrder(house);
    });
  }
  askSparks();
}

function received(message) {
  if (message.method === "price.update") showPrice(...message.params);
  else if (message.method === "state.update") showState(...message.params);
  else if (message.method === "depth.update") showDepth(...message.params);
  else if (waiting.has(message.id)) {
    const useResult = waiting.get(message.id);
    waiting.delete(message.id);
    if (!message.error) useResult(message.result);
  }
}

function grouped(number) {
  const [whole, ...fraction] = number.split(".");
  return [whole.replace(/\B(?=(\d{3})+$)/g, "\u202f"), ...fraction].join(".");
}

function showPrice(name, price) {
  const market = markets.get(name);
  if (!market || Number(price) === 0) return;
  const last = market.card.querySelector(".last");
  last.textContent = grouped(price);
  if (market.last !== null && market.last !== price) {
    const rose = Number(price) > Number(market.last);
    last.classList.toggle("up", rose);
    last.classList.toggle("down", !rose);
  }
  market.last = price;
}

function showState(name, state) {
  const market = markets.get(name);
  if (!market) return;
  const change = market.card.querySelector(".change");
  const open = Number(state.open);
  if (!open) return;
  const percent = Math.round((Number(state.last) / open - 1) * 10000) / 100;
  const sign = percent < 0 ? "−" : percent > 0 ? "+" : "";
  change.textContent = `${sign}${Math.abs(percent).toFixed(2)} % · 24 h`;
  change.classList.toggle("up", percent > 0);
  change.classList.toggle("down", percent < 0);
}

function showDepth(complete, changed, name) {
  const market = markets.get(name);
  if (!market) return;
  for (const side of ["asks", "bids"]) {
    if (complete) market[side].clear();
    for (const [price, amount] of changed[side] ?? []) {
      if (Number(amount) === 0) market[side].delete(price);
      else market[side].set(price, amount);
    }
  }
  const asks = [...market.asks].sort((a, b) => a[0] - b[0]).slice(0, DEPTH);
  const bids = [...market.bids].sort((a, b) => b[0] - a[0]).slice(0, DEPTH);
  const largest = Math.max(...asks.concat(bids).map((level) => Number(level[1])), 0);
  showLevels(market.card.querySelector(".asks"), [...Array(DEPTH - asks.length).fill(null), ...asks.reverse()], largest);
  showLevels(market.card.querySelector(".bids"), [...bids, ...Array(DEPTH - bids.length).fill(null)], largest);
}

function showLevels(body, levels, largest) {
  levels.forEach((level, index) => {
    const row = body.rows[index];
    row.cells[0].textContent = level ? grouped(level[0]) : "";
    row.cells[1].textContent = level ? grouped(level[1]) : "";
    row.style.setProperty("--share", level ? `${((Number(level[1]) / largest) * 100).toFixed(1)}%` : "0%");
  });
}

function askSparks() {
  if (socket?.readyState !== WebSocket.OPEN || document.hidden) return;
  const now = Math.floor(Date.now() / 1000);
  for (const name of markets.keys()) {
    request("kline.query", [name, now - SPARK_S, now + 1, SPARK_STEP_S], (rows) => showSpark(name, rows));
  }
}

function showSpark(name, rows) {
  const market = markets.get(name);
  if (!market || rows.length < 2) return;
  const closes = rows.map((row) => Number(row[2]));
  const low = Math.min(...closes);
  const high = Math.max(...closes);
  const points = closes.map((close, index) => {
    const x = (index / (closes.length - 1)) * 240;
    const y = high === low ? 22 : 41 - ((close - low) / (high - low)) * 38;
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  const line = `M${points.join("L")}`;
  market.card.querySelector(".spark-line").setAttribute("d", line);
  market.card.querySelector(".spark-area").setAttribute("d", `${line}L240 44L0 44Z`);
}

// ── start ──────────────────────────────────────────────────────────────────────────────────────────────────────────

for (const language of ["python", "websocat"]) {
  byId(`tab-${language}`).addEventListener("click", (event) => chooseTab(event.target));
  byId(`tab-${language}`).addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = byId(language === "python" ? "tab-websocat" : "tab-python");
    chooseTab(other);
    other.focus();
  });
}
byId("copy").addEventListener("click", copyCode);
setInterval(() => {
  if (socket?.readyState === WebSocket.OPEN) request("server.ping", []);
}, PING_MS);
setInterval(askSparks, SPARK_STEP_S * 1000);
connect(houseOf(document));
