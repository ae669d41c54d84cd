using System.Diagnostics.CodeAnalysis;

namespace LspsPlugin.Core.Payments;

/// <summary>The name of a payment, chosen by the caller; the payment hash in hex when the caller chooses none. It identifies the payment for ever.</summary>
/// <param name="Value">1 to <see cref="MaxLength"/> characters, without control characters.</param>
public readonly record struct PaymentId(string Value)
{
    /// <summary>The greatest number of characters.</summary>
    public const int MaxLength = 64;

    /// <summary>Reads a name; false when it is empty, too long or contains control characters.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out PaymentId id)
    {
        bool ok = text is { Length: > 0 and <= MaxLength } && !text.Any(char.IsControl);
        id = ok ? new PaymentId(text!) : default;
        return ok;
    }

    /// <inheritdoc/>
    public override string ToString() => Value ?? "";
}
