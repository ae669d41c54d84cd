using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2;

/// <summary>The methods of policy plugins and their results; amounts may be in any form that lightningd understands.</summary>
public static class PolicyContract
{
    /// <summary>The method that returns the menu, without promises.</summary>
    public const string GetPolicyMethod = "lsps2-policy-getpolicy";

    /// <summary>The method that grants a purchase.</summary>
    public const string BuyMethod = "lsps2-policy-buy";

    /// <summary>The method that released versions of lightningd call instead, when the payment has arrived.</summary>
    public const string CapacityMethod = "lsps2-policy-getchannelcapacity";

    /// <summary>
    /// Reads the menu (<c>policy_opening_fee_params_menu</c>), or that the client is rejected (<c>client_rejected</c>, R50-59); a null menu with the
    /// problem when the result is invalid.
    /// </summary>
    public static (IReadOnlyList<OpeningFeeParams>? Menu, bool ClientRejected) ReadPolicy(JsonElement result, out string? problem)
    {
        try
        {
            return ReadMenu(result, out problem);
        }
        catch (InvalidOperationException)
        {
            problem = "the answer contains a string that is not valid Unicode";
            return (null, false);
        }
    }

    /// <summary>Reads <c>channel_capacity_msat</c>; null with the reason when the plugin grants no channel or the result is invalid.</summary>
    public static Msat? ReadCapacity(JsonElement result, out string? problem)
    {
        try
        {
            return ReadCapacityMember(result, out problem);
        }
        catch (InvalidOperationException)
        {
            problem = "the answer contains a string that is not valid Unicode";
            return null;
        }
    }

    /// <summary>Writes the fee parameters for a policy plugin.</summary>
    public static void WriteFeeParams(Utf8JsonWriter writer, OpeningFeeParams p)
    {
        writer.WriteStartObject("opening_fee_params"u8);
        OpeningFeeParamsJson.Write(writer, p);
        writer.WriteEndObject();
    }

    private static (IReadOnlyList<OpeningFeeParams>? Menu, bool ClientRejected) ReadMenu(JsonElement result, out string? problem)
    {
        problem = "policy_opening_fee_params_menu is missing";
        if (result.ValueKind != JsonValueKind.Object) return (null, false);
        if (result.Member("client_rejected"u8) is { ValueKind: JsonValueKind.True })
        {
            problem = null;
            return (null, true);
        }

        if (result.Member("policy_opening_fee_params_menu"u8) is not { ValueKind: JsonValueKind.Array } list) return (null, false);
        var menu = new List<OpeningFeeParams>();
        foreach (JsonElement element in list.EnumerateArray())
        {
            OpeningFeeParams? entry = OpeningFeeParamsJson.ReadPolicy(element, out problem);
            if (entry is null) return (null, false);
            menu.Add(entry with { ValidUntil = LspsTime.Truncate(entry.ValidUntil) });
        }

        problem = null;
        return (menu, false);
    }

    private static Msat? ReadCapacityMember(JsonElement result, out string? problem)
    {
        if (result.Member("channel_capacity_msat"u8) is not { } value)
        {
            problem = "it grants no channel: channel_capacity_msat is missing or null";
            return null;
        }

        bool read = HostAmount.TryRead(value, out Msat capacity);
        problem = read ? null : $"channel_capacity_msat is {ParamsReader.Quote(value)}, but must be {HostAmount.Form}";
        return read ? capacity : null;
    }
}
