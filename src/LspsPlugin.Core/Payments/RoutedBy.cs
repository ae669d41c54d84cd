namespace LspsPlugin.Core.Payments;

/// <summary>Who chooses the routes of a payment. It is on record and never changes: two that choose would send more than the amount.</summary>
public enum RoutedBy : byte
{
    /// <summary>The payer role searches routes, and replaces parts that failed (sendpayment).</summary>
    Payer,

    /// <summary>The caller gives each part its route (sendpartialpay). The payer role sends these parts, and no others.</summary>
    Caller,
}
