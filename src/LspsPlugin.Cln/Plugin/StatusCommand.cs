using LspsPlugin.Cln.Protocol;

namespace LspsPlugin.Cln.Plugin;

/// <summary>The lsps-status command: the plugin's current state. Answered from memory, without calls to the node.</summary>
internal static class StatusCommand
{
    public static void Answer(Roles roles, MethodCall call)
    {
        var args = new ArgumentReader(call);
        bool withOffers = args.Bool("offers") ?? false;
        if (args.Reject(call)) return;
        call.Result(json =>
        {
            json.WriteString("version"u8, PluginVersion.Text);
            if (roles.Provider is { } provider)
            {
                json.WriteStartObject("provider"u8);
                provider.WriteStatus(json, withOffers);
                json.WriteEndObject();
            }

            if (roles.Payer is { } payer)
            {
                json.WriteStartObject("payer"u8);
                payer.WriteStatus(json);
                json.WriteEndObject();
            }

            if (roles.Wallet is not { } wallet) return;
            json.WriteStartObject("wallet"u8);
            wallet.WriteStatus(json);
            json.WriteEndObject();
        });
    }
}
