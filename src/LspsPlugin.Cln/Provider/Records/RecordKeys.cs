namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// The datastore keys of the provider's records. Other programs read them and earlier versions wrote them, so keys never change.
/// </summary>
internal static class RecordKeys
{
    /// <summary>The key below which released nodes keep their offers, beside our own keys.</summary>
    public static readonly string[] Root = ["lsps", "lsps2"];

    public static readonly string[] Offers = [.. Root, "offers"];
    public static readonly string[] Active = [.. Root, "sessions", "active"];
    public static readonly string[] Finalized = [.. Root, "sessions", "finalized"];
    public static readonly string[] Confirming = [.. Root, "confirming"];
    public static readonly string[] Released = [.. Root, "released"];
    public static readonly string[] Losses = [.. Root, "losses"];
    public static readonly string[] History = [.. Root, "history"];
    public static readonly string[] Lifetimes = [.. Root, "lifetimes"];

    /// <summary>When this plugin ran last, after it had looked for the offers of a released node.</summary>
    public static readonly string[] Searched = [.. Root, "searched"];

    /// <summary>The numbers that may be given to sales, and where finished ones are entered.</summary>
    public static readonly string[] Indexes = [.. Root, "indexes"];

    /// <summary>The finished sales by their numbers, a thousand in each branch: the node blocks while it lists a branch.</summary>
    public static readonly string[] Book = [.. Root, "book"];

    /// <summary>
    /// The finished sales by the number of their last change, in the same form. Not below <see cref="Root"/>, which is listed after a switch: the node passes over all that
    /// lies deeper.
    /// </summary>
    public static readonly string[] Updates = ["lsps", "updates"];

    /// <summary>The day up to which all finished sales have numbers.</summary>
    public static readonly string[] Numbered = [.. Root, "numbered"];

    /// <summary>What an operator was alerted of, by its number.</summary>
    public static readonly string[] Alerts = [.. Root, "alerts"];

    /// <summary>
    /// What sales earned and cost, by the numbers of sales, for ever. It is not below <see cref="Root"/>, which is listed after a switch: the node blocks while it
    /// passes over what lies deeper.
    /// </summary>
    public static readonly string[] Income = ["lsps", "income"];

    /// <summary>What sold channels earned by forwards; beside the income for the same reason.</summary>
    public static readonly string[] Routed = ["lsps", "routed"];

    /// <summary>Present while the operator has paused the sale.</summary>
    public static readonly string[] Paused = [.. Root, "paused"];

    /// <summary>Set once all sessions that the built-in plugin had finished are entered in the history.</summary>
    public static readonly string[] TakenOver = [.. Root, "taken-over"];
}
