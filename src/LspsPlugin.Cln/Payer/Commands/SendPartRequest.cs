using LspsPlugin.Cln.Protocol;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Payer.Commands;

/// <summary>The arguments of sendpartialpay.</summary>
/// <param name="Terms">The payment that the part belongs to. Without <paramref name="Id"/>, its id is the hash.</param>
/// <param name="Id">The payment's id; null if the caller gave none.</param>
/// <param name="Route">The route of the part.</param>
internal sealed record SendPartRequest(PaymentTerms Terms, PaymentId? Id, Route Route)
{
    private const int MostDescriptionChars = 1024;

    /// <summary>Reads the arguments. Null if the call was answered: an argument is wrong, or it was only a check.</summary>
    /// <param name="call">The call.</param>
    /// <param name="self">This node; null if it is not known yet, which only a check meets.</param>
    /// <param name="now">The time.</param>
    public static SendPartRequest? Read(MethodCall call, NodeId? self, DateTimeOffset now)
    {
        var args = new ArgumentReader(call);
        (Route? route, string? wrong) = GivenRoute.Read(call.Params.GetValueOrDefault("route"), self);
        args.Check(route is not null, wrong ?? "");
        PaymentHash hash = args.Hash("payment_hash");
        Msat intended = args.Amount("intended_msat") ?? default;
        args.Check(intended > Msat.Zero, "intended_msat must be above zero");
        args.Check(intended <= Msat.AllMoney, "intended_msat is more than all bitcoin that there can be");
        args.Check(route is null || route.Amount <= intended, $"route: the last hop delivers {route?.Amount.Value} msat, and the whole payment is {intended.Value}");
        string? description = args.NodeText("description");
        args.Check(description is null || description.Length <= MostDescriptionChars, $"description must have at most {MostDescriptionChars} characters");
        PaymentSecret parsed = default;
        string? secret = args.Text("payment_secret", int.MaxValue);
        args.Check(secret is null || PaymentSecret.TryParse(secret.AsSpan(), out parsed), "payment_secret must be 64 hex digits");
        string? name = args.Text("payment_id", int.MaxValue);
        PaymentId id = default;
        args.Check(name is null || PaymentId.TryParse(name, out id), $"payment_id must have 1 to {PaymentId.MaxLength} characters, none of them a control character");
        Msat? amount = args.Amount("amount_msat");
        args.Check(route is null || amount is null || amount == route.Amount, $"amount_msat is {amount?.Value}, and the last hop of the route delivers {route?.Amount.Value}");
        if (args.Reject(call)) return null;

        var terms = new PaymentTerms(
            name is null ? new PaymentId(hash.ToString()) : id,
            hash,
            route!.Destination,
            intended,
            Total: intended,

            // The caller's routes say what it pays and for how long it locks it.
            MaxFee: Msat.AllMoney,
            PaymentTerms.LongestDelay,
            RetryFor: TimeSpan.Zero,
            PaymentTerms.MaxAttempts,
            route.Hops[^1].DelayOut,
            secret is null ? null : parsed,
            Hints: [],
            Metadata: null,
            Layers: [],
            description,
            Invoice: null,

            // As precise as the record is.
            DateTimeOffset.FromUnixTimeMilliseconds(now.ToUnixTimeMilliseconds()),
            RoutedBy.Caller);
        return new SendPartRequest(terms, name is null ? null : id, route);
    }
}
