#!/usr/bin/env bash
# Runs three real nodes on regtest with the plugin, to try it out. See `integration/regtest.sh help`.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
self=integration/regtest.sh
state=${LSPS_PLAYGROUND:-${TMPDIR:-/tmp}/lsps-playground}
nodes=(wallet provider payer)

say()  { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "$self" "$*" >&2; exit 1; }

help() {
  cat <<TEXT
$self up                      starts a chain and three nodes: a wallet without a channel, a provider, a payer
$self pay [SAT] [PARTS|xpay]  the wallet buys a JIT channel and makes an invoice, and the payer pays it: in parts sent by
                                       hand, or by the node's own xpay (100000 in 3 parts unless told)
$self mine [N]                blocks (1 unless told)
$self status                  channels, records of the plugin, mempool
$self cli NODE COMMAND..      a command of a node: wallet, provider or payer
$self down                    stops all, and removes what it left

bitcoind and lightningd are taken from BITCOIND and LIGHTNINGD or from the PATH, their command line tools from beside them, the plugin
from LSPS_PLUGIN or from where './build.sh publish' puts it. All state is in $state (LSPS_PLAYGROUND names another).
TEXT
}

# beside PROGRAM NAME: prints a tool from the directory of a program, or one on the PATH.
beside() {
  local folder
  folder=$(dirname "$(readlink -f "$1")")
  if [ -x "$folder/$2" ]; then say "$folder/$2"; else command -v "$2" || true; fi
}

find_tools() {
  local missing=() rid=linux-x64
  if [ "$(uname -m)" = aarch64 ]; then rid=linux-arm64; fi
  bitcoind=${BITCOIND:-$(command -v bitcoind || true)}
  lightningd=${LIGHTNINGD:-$(command -v lightningd || true)}
  plugin=${LSPS_PLUGIN:-$root/artifacts/publish/$rid/lsps-plugin}
  bitcoin_cli='' lightning_cli=''
  if [ -x "$bitcoind" ]; then bitcoin_cli=$(beside "$bitcoind" bitcoin-cli); else missing+=("bitcoind (BITCOIND, or on the PATH)"); fi
  if [ -x "$lightningd" ]; then lightning_cli=$(beside "$lightningd" lightning-cli); else missing+=("lightningd (LIGHTNINGD, or on the PATH)"); fi
  [ ! -x "$bitcoind" ] || [ -n "$bitcoin_cli" ] || missing+=("bitcoin-cli (beside bitcoind, or on the PATH)")
  [ ! -x "$lightningd" ] || [ -n "$lightning_cli" ] || missing+=("lightning-cli (beside lightningd, or on the PATH)")
  [ -x "$plugin" ] || missing+=("the plugin, $plugin ('./build.sh publish $rid' makes it)")
  [ ${#missing[@]} -eq 0 ] || fail "missing: $(printf '%s; ' "${missing[@]}" | sed 's/; $//')"
}

# remember / recall: store and load the values that `up` chose, for the other commands.
remember() { printf '%s=%q\n' bitcoin_cli "$bitcoin_cli" lightning_cli "$lightning_cli" port "$port" >"$state/settings"; }
recall() {
  [ -f "$state/settings" ] || fail "there is no playground in $state: '$self up' makes one"
  # shellcheck source=/dev/null
  . "$state/settings"
}

btc() { "$bitcoin_cli" -regtest -datadir="$state/bitcoind" -rpcport="$port" "$@"; }
cli() { "$lightning_cli" --lightning-dir="$state/$1" --regtest -N none "${@:2}"; }

# flat NODE COMMAND..: prints the answer, one "path=value" per line, without quotes.
flat() { cli "$1" -F "${@:2}" | sed 's/="\(.*\)"$/=\1/'; }

# field NODE PATH COMMAND..: prints one value of an answer; nothing if it is missing.
field() { flat "$1" "${@:3}" | sed -n "s/^$2=//p" | sed -n 1p; }

id_of() { field "$1" id getinfo; }

# until_true SECONDS WHAT COMMAND..
until_true() {
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || fail "not in time: $what (logs are in $state)"
    sleep 0.2
  done
}

free_port() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

choose_ports() {
  for port in $(seq 29170 10 29970); do
    if free_port "$port" && free_port $((port + 1)) && free_port $((port + 2)) && free_port $((port + 3)); then return; fi
  done
  fail "no free ports from 29170 on"
}

options_of() {
  case $1 in
    wallet) say --experimental-lsps-client ;;
    provider) say --experimental-lsps2-service; say --fee-base=1000; say --fee-per-satoshi=10 ;;
  esac
}

start_node() { # NAME PORT
  local extra=()
  mapfile -t extra < <(options_of "$1")
  if [ "$1" != payer ]; then
    extra+=("--plugin=$plugin" --disable-plugin=cln-lsps-service --disable-plugin=cln-lsps-client)
  fi
  mkdir -p "$state/$1"
  "$lightningd" --lightning-dir="$state/$1" --network=regtest --daemon --log-file="$state/$1/log" --log-level=debug --alias="$1" \
    --bind-addr="127.0.0.1:$2" --disable-dns --developer --dev-fast-gossip --dev-bitcoind-poll=1 \
    --bitcoin-cli="$bitcoin_cli" --bitcoin-datadir="$state/bitcoind" --bitcoin-rpcconnect=127.0.0.1 --bitcoin-rpcport="$port" \
    "${extra[@]}" >"$state/$1/out" 2>&1 || fail "the node '$1' does not start, see $state/$1"
}

knows_height() { [ "$(field "$1" blockheight getinfo)" = "$(btc getblockcount)" ]; }
has_coin() { flat "$1" listfunds | grep -q '^outputs\[[0-9]*\]\.status=confirmed'; }
is_ready() { grep -q "plugin-lsps-plugin: .*\(selling JIT channels\|ready to buy\)" "$state/$1/log"; }
has_channel() { [ "$(field payer 'channels\[0\]\.state' listpeerchannels)" = CHANNELD_NORMAL ] && [ -n "$(channel)" ]; }
channel() { field payer 'channels\[0\]\.short_channel_id' listpeerchannels; }
holds_funding() { [ "$(btc getmempoolinfo | sed -n 's/^ *"size": \([0-9]*\),$/\1/p')" -gt 0 ]; }

mine() {
  btc -generate "${1:-1}" >/dev/null
  local name
  for name in "${nodes[@]}"; do until_true 60 "$name has counted the blocks" knows_height "$name"; done
}

up() {
  [ ! -e "$state" ] || fail "$state is there already: '$self status', or '$self down' first"
  find_tools
  choose_ports
  trap 'say "It did not come up; taking it down."; down' ERR
  trap 'code=$?; if [ $code -ne 0 ] && [ -e "$state" ]; then tail -n 3 "$state"/*/out 2>/dev/null; down; fi; exit $code' EXIT
  mkdir -p "$state/bitcoind"
  remember
  say "Starting the chain and three nodes in $state"
  "$bitcoind" -regtest -datadir="$state/bitcoind" -daemonwait -server -listen=0 -dnsseed=0 -printtoconsole=0 -fallbackfee=0.00001 \
    -rpcport="$port" -rpcbind=127.0.0.1 -rpcallowip=127.0.0.1 >/dev/null
  btc createwallet playground >/dev/null
  btc -generate 101 >/dev/null
  local number=1 name
  for name in "${nodes[@]}"; do start_node "$name" $((port + number)); number=$((number + 1)); done
  # The payer needs one coin; the provider needs a confirmed one for each channel that it opens between two blocks.
  for name in payer provider provider provider provider; do btc sendtoaddress "$(field "$name" bech32 newaddr bech32)" 0.5 >/dev/null; done
  mine 1
  for name in provider payer; do until_true 60 "$name sees its coins" has_coin "$name"; done
  for name in wallet provider; do until_true 60 "the plugin of $name is ready" is_ready "$name"; done
  local provider
  provider=$(id_of provider)
  for name in payer wallet; do cli "$name" connect "$provider" 127.0.0.1 $((port + 2)) >/dev/null; done
  cli payer fundchannel "$provider" 10000000 >/dev/null
  mine 6
  until_true 60 "the payer's channel to the provider is open" has_channel
  trap - ERR EXIT
  cat <<TEXT
Up. The payer has a channel of 10,000,000 sat to the provider; the wallet has none. To try:

  $self pay                                  # a JIT channel from purchase to payment
  $self pay 250000 xpay
  $self mine 6
  $self status
  $self cli wallet lsps-lsps2-getinfo $provider
  $self cli wallet lsps-lsps2-invoice $provider 100000sat "a coffee" my-label
  $self cli payer xpay INVOICE
  $self cli provider lsps-status
  tail -f $state/provider/log | grep lsps-plugin
  $self down
TEXT
}

# send_part NUMBER MSAT TOTAL: sends a part over the payer's channel and the hop in the invoice.
send_part() {
  local route="[{\"id\":\"$provider\",\"channel\":\"$(channel)\",\"amount_msat\":$2,\"delay\":$((final + delta))},{\"id\":\"$payee\",\"channel\":\"$jit\",\"amount_msat\":$2,\"delay\":$final}]"
  cli payer -k sendpay route="$route" payment_hash="$hash" payment_secret="$secret" amount_msat="$3" partid="$1" groupid=1 >/dev/null
}

pay() {
  local sat=${1:-100000} how=${2:-3} provider payee bolt11 hash secret jit delta final
  [[ $sat =~ ^[1-9][0-9]*$ ]] || fail "'$sat' is no amount in sat"
  [[ $how =~ ^([1-9][0-9]?|xpay)$ ]] || fail "'$how' is neither a number of parts nor xpay"
  provider=$(id_of provider) payee=$(id_of wallet)
  local answer
  answer=$(flat wallet lsps-lsps2-invoice "$provider" "${sat}sat" "a coffee" "playground-$(date +%s%N)")
  bolt11=$(sed -n 's/^bolt11=//p' <<<"$answer")
  [ -n "$bolt11" ] || fail "the wallet got no invoice: $answer"
  say "The wallet bought a JIT channel and asks for $sat sat:"
  say "  $bolt11"
  if [ "$how" = xpay ]; then
    cli payer xpay "$bolt11"
  else
    hash=$(sed -n 's/^payment_hash=//p' <<<"$answer")
    secret=$(sed -n 's/^payment_secret=//p' <<<"$answer")
    answer=$(flat payer decode "$bolt11")
    jit=$(sed -n 's/^routes\[0\]\[0\]\.short_channel_id=//p' <<<"$answer")
    delta=$(sed -n 's/^routes\[0\]\[0\]\.cltv_expiry_delta=//p' <<<"$answer")
    final=$(($(sed -n 's/^min_final_cltv_expiry=//p' <<<"$answer") + 3))
    local total=$((sat * 1000)) part i
    for ((i = 1; i <= how; i++)); do
      part=$((i < how ? total / how : total - total / how * (how - 1)))
      send_part "$i" "$part" "$total"
      say "part $i of $how: $part msat over $jit"
    done
    local failed=0
    for ((i = 1; i <= how; i++)); do
      if answer=$(cli payer -k waitsendpay payment_hash="$hash" partid="$i" groupid=1 timeout=120); then
        say "part $i is paid"
      else
        say "part $i failed: $(sed -n 's/^ *"failcodename": "\(.*\)",*$/\1/p' <<<"$answer")"
        failed=1
      fi
    done
    [ $failed -eq 0 ] || fail "not paid; $state/provider/log says why (grep lsps-plugin)"
  fi
  until_true 10 "the funding is in the mempool" holds_funding
  say "The wallet has its channel; the funding waits for a block ('$self mine 6')."
}

status() {
  local name
  say "chain: block $(btc getblockcount), in the mempool: $(btc getrawmempool | tr -d '[]" \n' | tr , ' ')"
  for name in "${nodes[@]}"; do
    say ""
    say "$name $(id_of "$name")"
    channels "$name"
    records "$name"
  done
}

# channels NODE: prints one line per channel.
channels() {
  flat "$1" listpeerchannels | awk -F= '
    function tell() {
      if (v["peer_id"] != "") printf "  channel %s with %s.. %s, ours %s of %s msat%s\n", v["short_channel_id"] == "" ? "without a block yet" : v["short_channel_id"],
        substr(v["peer_id"], 1, 10), v["state"], v["to_us_msat"], v["total_msat"], v["funding.withheld"] == "true" ? ", withheld" : ""
      delete v
    }
    match($1, /^channels\[[0-9]+\]\./) {
      if (substr($1, 1, RLENGTH) != row) { tell(); row = substr($1, 1, RLENGTH) }
      v[substr($1, RLENGTH + 1)] = $2
    }
    END { tell() }'
}

# records NODE: prints the keys of the plugin's records, and the number of records below each.
records() {
  local key
  for key in '["lsps","lsps2","offers"]' '["lsps","lsps2","sessions","active"]' '["lsps","lsps2","confirming"]' '["lsps","lsps2","sessions","finalized"]' '["lsps","purchases"]'; do
    flat "$1" listdatastore "$key" | sed -n 's/^datastore\[\([0-9]*\)\]\.key\[\([0-9]*\)\]=\(.*\)$/\1 \3/p' |
      awk '{ path[$1] = path[$1] "/" $2 } END { for (i in path) print "  record" path[i] }' | sort
  done
}

down() {
  [ -e "$state" ] || { say "Nothing is up in $state."; return; }
  recall
  local name file pid
  for name in "${nodes[@]}"; do cli "$name" stop >/dev/null 2>&1 || true; done
  for name in "${nodes[@]}"; do
    for file in "$state/$name"/lightningd-regtest.pid; do
      [ -f "$file" ] || continue
      pid=$(cat "$file")
      until_true 30 "$name ends" not_running "$pid"
    done
  done
  pid=$(cat "$state/bitcoind/regtest/bitcoind.pid" 2>/dev/null || true)
  btc stop >/dev/null 2>&1 || true
  [ -z "$pid" ] || until_true 30 "bitcoind ends" not_running "$pid"
  rm -rf "$state"
  say "Down; $state is removed."
}

not_running() { ! kill -0 "$1" 2>/dev/null; }

verb=${1:-help}
if [ $# -gt 0 ]; then shift; fi
case $verb in
  up) up ;;
  pay) recall; pay "$@" ;;
  mine) recall; mine "$@" ;;
  status) recall; status ;;
  cli) recall; [ $# -ge 2 ] || fail "cli NODE COMMAND.."; [[ " ${nodes[*]} " == *" $1 "* ]] || fail "there is no node '$1': ${nodes[*]}"; cli "$@" ;;
  down) down ;;
  help | -h | --help) help ;;
  *) help >&2; fail "there is no '$verb'" ;;
esac
