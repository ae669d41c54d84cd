using System.Globalization;
using LspsPlugin.Core.Payments;

namespace LspsPlugin.Cln.Payer.Records;

/// <summary>The datastore keys of the payer's records. Earlier versions wrote them, so they never change.</summary>
internal static class PayerKeys
{
    /// <summary>How many payments one branch of an archive holds: the node blocks while it lists a branch.</summary>
    public const ulong BranchSize = 1000;

    public static readonly string[] Root = ["lsps-payer"];

    /// <summary>What was asked for, by payment; written once.</summary>
    public static readonly string[] Payments = [.. Root, "payments"];

    /// <summary>How far the payment is.</summary>
    public static readonly string[] Statuses = [.. Root, "status"];

    /// <summary>The preimage; written once.</summary>
    public static readonly string[] Settled = [.. Root, "settled"];

    /// <summary>The parts, by payment and number.</summary>
    public static readonly string[] Parts = [.. Root, "parts"];

    /// <summary>The payments that must be continued after a restart.</summary>
    public static readonly string[] Live = [.. Root, "live"];

    /// <summary>The final payments in the order of their creation.</summary>
    public static readonly string[] ByCreation = [.. Root, "archive", "created"];

    /// <summary>The final payments in the order of their end.</summary>
    public static readonly string[] ByUpdate = [.. Root, "archive", "updated"];

    /// <summary>The numbers below which indexes may have been given.</summary>
    public static readonly string[] Indexes = [.. Root, "indexes"];

    /// <summary>Returns the part of a key that stands for a payment. The node compares keys as they are written, so nothing that JSON may escape is in it.</summary>
    public static string Name(PaymentId id) => Uri.EscapeDataString(id.Value);

    /// <summary>Reads a payment's name; false if it is none.</summary>
    public static bool TryRead(string name, out PaymentId id) => PaymentId.TryParse(Uri.UnescapeDataString(name), out id);

    /// <summary>Returns the name of a part, or of a payment in a branch of an archive; names are in the order of the numbers.</summary>
    public static string Number(ulong number) => number.ToString("D20", CultureInfo.InvariantCulture);

    /// <summary>Returns the key of a final payment in an archive.</summary>
    public static string[] Archived(string[] archive, ulong index) => [.. archive, Number(index / BranchSize), Number(index)];
}
