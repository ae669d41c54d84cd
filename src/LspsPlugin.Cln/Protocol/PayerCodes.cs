namespace LspsPlugin.Cln.Protocol;

/// <summary>The error codes of the payer's commands, those of the node's own commands for payments.</summary>
internal static class PayerCodes
{
    /// <summary>Any other error.</summary>
    public const int Failed = -1;

    /// <summary>Another program pays the hash now.</summary>
    public const int InProgress = 200;

    /// <summary>The id or the hash belongs to another payment.</summary>
    public const int AlreadyUsed = 201;

    /// <summary>The invoice has expired.</summary>
    public const int InvoiceExpired = 207;

    /// <summary>There is no such payment.</summary>
    public const int NoSuchPayment = 208;
}
