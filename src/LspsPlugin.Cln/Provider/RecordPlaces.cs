namespace LspsPlugin.Cln.Provider;

/// <summary>Where the provider's records lie in the node's datastore. Others read them too, and earlier versions wrote them: no key changes.</summary>
internal static class RecordPlaces
{
    /// <summary>Where released nodes keep their offers, beside the folders.</summary>
    public static readonly string[] Root = ["lsps", "lsps2"];

    public static readonly string[] Offers = [.. Root, "offers"];
    public static readonly string[] Active = [.. Root, "sessions", "active"];
    public static readonly string[] Finalized = [.. Root, "sessions", "finalized"];
    public static readonly string[] Confirming = [.. Root, "confirming"];
    public static readonly string[] Released = [.. Root, "released"];
    public static readonly string[] Losses = [.. Root, "losses"];
    public static readonly string[] History = [.. Root, "history"];
    public static readonly string[] Lifetimes = [.. Root, "lifetimes"];

    /// <summary>On record once all that the built-in plugin had finished by then is in the history.</summary>
    public static readonly string[] TakenOver = [.. Root, "taken-over"];
}
