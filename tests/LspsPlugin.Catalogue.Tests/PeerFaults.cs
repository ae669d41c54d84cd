namespace LspsPlugin.Catalogue.Tests;

/// <summary>X: the protocol, and peers that mean ill.</summary>
internal static class PeerFaults
{
    public static readonly Fault[] All =
    [
        new("X01", "A message that is no UTF-8, is cut, empty, or full of zero bytes.", "A parse error with a null id where an answer is due; nothing crashes."),
        new("X02", "A message of 65 kB, nested ten thousand deep, or with doubled keys.", "Reading is bounded in size and depth; it is refused or ignored."),
        new("X03", "Huge, negative or fractional numbers, numbers in place of strings.", "Invalid params with what was not understood; nothing is rounded."),
        new("X04", "Escaped characters in id or method, an id that is no string.", "Read as JSON says, or refused."),
        new("X05", "A batch, a notification, positional params.", "As bLIP-50 says: refused or ignored."),
        new("X06", "A response comes to the service, or two services are connected to each other.", "A response is never answered: there is no ping-pong."),
        new("X07", "An unknown method, unknown params, an optional member that is null.", "Method not found, or invalid params."),
        new("X08", "Dates before 1970, in the year 9999, in another zone, without milliseconds.", "Refused, or compared without overflow."),
        new("X09", "A promise with one bit, or its params with one value, changed.", "invalid_opening_fee_params."),
        new("X10", "A promise that another client got.", "Refused: a promise is bound to its client."),
        new("X11", "One promise is bought many times.", "Each purchase has a scid of its own, and a client has only so many."),
        new("X12", "A promise that ran out, clocks that differ.", "invalid_opening_fee_params."),
        new("X13", "An unknown token, or one that was not shown when the menu was asked for.", "unrecognized_or_stale_token when the menu is asked for."),
        new("X14", "One peer, or a thousand, buy without end.", "Memory and records are bounded; others are served."),
        new("X15", "A peer asks for the menu without end.", "Few answers at a time, and no line in the log for each message."),
        new("X16", "Clients buy and vanish.", "What ran out is forgotten while the plugin runs."),
        new("X17", "A JIT scid would collide with a channel, an alias or another purchase.", "It is drawn from a space of its own and checked against all of them."),
        new("X18", "A stranger guesses a JIT scid and probes it.", "Parts short of the payment come back in time; no channel is opened without the full amount."),
        new("X19", "Full-size probes with random hashes.", "The withheld channel is released, nothing is on chain, no coin is lost, and a later payment still succeeds."),
        new("X20", "A client pays itself, fails the payment, and does it again.", "Each round costs the provider nothing on chain, and what it held is free again."),
        new("X21", "Somebody holds as many parts as possible for as long as possible.", "The number held over all payments is bounded; more come back as temporary failures."),
        new("X22", "The client reveals its preimage early, or claims over another path.", "The incoming parts are claimed; the fee stays as promised."),
        new("X23", "The client takes only large HTLCs, or only few.", "It is seen before anything is forwarded; what cannot be forwarded comes back."),
        new("X24", "A provider offers our wallet a menu that overflows, a fee above the amount, an endless promise, a malformed scid.", "The wallet refuses before there is an invoice."),
        new("X25", "A provider takes more than the fee, or says nothing of it.", "The wallet fails the payment and does not crash."),
        new("X26", "A provider has the preimage and never broadcasts.", "The wallet says that the channel is owed, and warns."),
        new("X27", "An invoice is paid twice, or after it ran out.", "The second payment fails at the client; nothing is opened for what ran out."),
        new("X28", "A payment to the JIT scid comes before valid_until, after the channel was opened.", "Until then the scid is an alias of the channel."),
        new("X29", "A client without zero-conf channels or scid aliases.", "The opening is refused early, and the parts come back."),
        new("X30", "A peer floods messages of other types.", "They are passed by before anything is parsed."),
        new("X31", "Throwaway clients let channels be opened and stall until the last moment.", "The withheld transaction is never broadcast."),
    ];
}
