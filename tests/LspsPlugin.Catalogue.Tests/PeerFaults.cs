namespace LspsPlugin.Catalogue.Tests;

/// <summary>Group X: the protocol and malicious peers.</summary>
internal static class PeerFaults
{
    public static readonly Fault[] All =
    [
        new("X01", "A message is not UTF-8, truncated, empty, or full of zero bytes.", "A parse error with a null id where an answer is required; nothing crashes."),
        new("X02", "A message has 65 kB, is nested ten thousand levels deep, or has duplicate keys.", "Parsing is limited in size and depth; the message is refused or ignored."),
        new("X03", "A message has huge, negative or fractional numbers, or numbers in place of strings.", "Invalid params, naming the member that was not understood; nothing is rounded."),
        new("X04", "A message has escaped characters in id or method, or an id that is not a string.", "It is read according to JSON, or refused."),
        new("X05", "A peer sends a batch, a notification, or positional params.", "As bLIP-50 requires: refused or ignored."),
        new("X06", "The service receives a response, or two services are connected to each other.", "A response is never answered, so there is no endless exchange."),
        new("X07", "An unknown method, unknown params, an optional member that is null.", "Method not found, or invalid params."),
        new("X08", "Dates are before 1970, in the year 9999, in another time zone, or without milliseconds.", "They are refused, or compared without overflow."),
        new("X09", "A promise with one bit, or its params with one value, changed.", "invalid_opening_fee_params."),
        new("X10", "A client uses a promise that was made to another client.", "Refused: a promise is bound to its client."),
        new("X11", "One promise is bought many times.", "Each purchase has its own scid, and the number per client is limited."),
        new("X12", "A promise has expired, or clocks differ.", "invalid_opening_fee_params."),
        new("X13", "A token is unknown, or was not used in lsps2.get_info.", "unrecognized_or_stale_token in the answer to lsps2.get_info."),
        new("X14", "One peer, or a thousand, buy without end.", "Memory and records are limited; other clients are served."),
        new("X15", "A peer requests the menu without end.", "The number of simultaneous answers is limited, and not every message is logged."),
        new("X16", "Clients buy and disappear.", "Expired offers are deleted while the plugin runs."),
        new("X17", "A JIT scid would collide with a channel, an alias or another purchase.", "It is drawn from a separate range and checked against all of them."),
        new("X18", "An attacker guesses a JIT scid and probes it.", "Parts that do not complete the payment are failed in time; no channel is opened without the full amount."),
        new("X19", "An attacker sends full-size probes with random hashes.", "The withheld channel is released, nothing is on chain, no coin is lost, and a later payment still succeeds."),
        new("X20", "A client pays itself, fails the payment, and repeats this.", "Each round costs the provider nothing on chain, and everything it reserved is freed."),
        new("X21", "An attacker holds as many parts as possible for as long as possible.", "The number of held parts over all payments is limited; further parts get temporary failures."),
        new("X22", "The client reveals its preimage early, or claims over another path.", "The incoming parts are claimed; the fee stays as promised."),
        new("X23", "The client accepts only large HTLCs, or only a few.", "The plugin reads these limits before it forwards anything; parts that cannot be forwarded are failed."),
        new("X24", "A provider offers our wallet a menu whose amounts overflow, a fee above the amount, a promise without an end, or a malformed scid.", "The wallet refuses before there is an invoice."),
        new("X25", "A provider deducts more than the fee, or sends no extra_fee.", "The wallet fails the payment and does not crash."),
        new("X26", "A provider has the preimage and never broadcasts.", "The wallet reports that the channel is owed, and warns."),
        new("X27", "An invoice is paid twice, or after it expired.", "The second payment fails at the client; nothing is opened for an expired invoice."),
        new("X28", "A payment to the JIT scid comes before valid_until, after the channel was opened.", "Until then the scid is an alias of the channel."),
        new("X29", "A client does not support zero-conf channels or scid aliases.", "The opening is refused early, and the parts are failed."),
        new("X30", "A peer floods the node with messages of other types.", "They are skipped before anything is parsed."),
        new("X31", "Throwaway clients cause channel openings and stall until the last moment.", "The withheld transaction is never broadcast."),
    ];
}
