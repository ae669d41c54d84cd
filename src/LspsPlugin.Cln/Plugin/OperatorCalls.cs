using System.Collections.Frozen;
using System.Text.Json;
using LspsPlugin.Cln.Operator;
using LspsPlugin.Cln.Options;
using LspsPlugin.Cln.Payer;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Cln.Wallet;
using LspsPlugin.Core.Lsps0;
using LspsPlugin.Durable.Payments;
using LspsPlugin.Durable.Sales;
using LspsPlugin.Rpc;

namespace LspsPlugin.Cln.Plugin;

/// <summary>Handles operators' calls: the plugin's commands, check and setconfig.</summary>
/// <param name="roles">The enabled roles.</param>
/// <param name="options">The options as received in init.</param>
/// <param name="change">Puts changed options into force; running sessions keep their old ones.</param>
/// <param name="progress">Tells callers how far their commands are.</param>
/// <param name="log">The host's log.</param>
/// <param name="watch">Runs commands that wait for a peer or the node.</param>
internal sealed class OperatorCalls(Roles roles, Dictionary<string, JsonElement> options, Action<PluginOptions> change, HostProgress progress, HostLog log, Watch watch)
{
    private const int MethodNotFound = -32601;
    private const string Status = "lsps-status";

    private static readonly FrozenDictionary<string, Func<OperatorDesk, MethodCall, Task>> OfTheOperator = new Dictionary<string, Func<OperatorDesk, MethodCall, Task>>
    {
        ["lsps-listsessions"] = SessionCommands.ListAsync,
        ["lsps-session"] = SessionCommands.ShowAsync,
        ["lsps-income"] = IncomeCommand.RunAsync,
        ["lsps-clients"] = ClientsCommand.RunAsync,
        ["lsps-liquidity"] = LiquidityCommand.RunAsync,
        ["lsps-checkup"] = CheckupCommand.RunAsync,
        ["lsps-listalerts"] = AlertCommands.ListAsync,
        ["lsps-pause"] = PauseCommands.PauseAsync,
        ["lsps-resume"] = PauseCommands.ResumeAsync,
        ["lsps-cancel"] = CancelCommand.RunAsync,
        ["lsps-retry"] = RetryCommand.RunAsync,
        ["lsps-forgive"] = ForgiveCommand.RunAsync,
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Func<WalletRole, MethodCall, Task>> OfTheWallet = new Dictionary<string, Func<WalletRole, MethodCall, Task>>
    {
        ["lsps-listprotocols"] = static (wallet, call) => wallet.Commands.ListProtocolsAsync(call),
        ["lsps-lsps2-getinfo"] = static (wallet, call) => wallet.Commands.GetInfoAsync(call),
        ["lsps-lsps2-buy"] = static (wallet, call) => wallet.Commands.BuyAsync(call),
        ["lsps-lsps2-approve"] = static (wallet, call) => wallet.Commands.ApproveAsync(call),
        ["lsps-lsps2-invoice"] = static (wallet, call) => wallet.InvoiceAsync(call),
        ["lsps-lsps2-listapprovals"] = static (wallet, call) => wallet.Commands.ListApprovalsAsync(call),
        ["lsps-lsps2-revoke"] = static (wallet, call) => wallet.Commands.RevokeAsync(call),
    }.ToFrozenDictionary();

    private static readonly FrozenDictionary<string, Func<PayerRole, MethodCall, Task>> OfThePayer = new Dictionary<string, Func<PayerRole, MethodCall, Task>>
    {
        ["sendpayment"] = static (payer, call) => payer.SendAsync(call),
        ["waitpayment"] = static (payer, call) => payer.WaitAsync(call),
        ["cancelpayment"] = static (payer, call) => payer.CancelAsync(call),
        ["listpayments"] = static (payer, call) => payer.ListAsync(call),
        ["sendpartialpay"] = static (payer, call) => payer.SendPartAsync(call),
        ["waitpartialpay"] = static (payer, call) => payer.WaitPartAsync(call),
        ["listpartialpayments"] = static (payer, call) => payer.ListPartsAsync(call),
        ["forgetpayment"] = static (payer, call) => payer.ForgetAsync(call),
    }.ToFrozenDictionary();

    private Dictionary<string, JsonElement> _options = options;

    public static IReadOnlyCollection<string> Commands { get; } = [Status, .. OfTheOperator.Keys, .. OfTheWallet.Keys, .. OfThePayer.Keys];

    public void Handle(HostCall call)
    {
        JsonElement given = default;
        if (!call.Params.IsEmpty && !HostJson.TryRead(call.Params, out given))
        {
            call.Error(MethodParams.InvalidParams, "the parameters are nested too deeply, or contain text that is not UTF-8");
            return;
        }

        switch (call.Method)
        {
            case "check": Check(call, given); break;
            case "setconfig": SetConfig(call, given, isCheck: false); break;
            default: Call(call.Method, call, given, isCheck: false); break;
        }
    }

    private void Call(string method, HostCall call, JsonElement given, bool isCheck)
    {
        if (!Manifest.Embedded.Methods.TryGetValue(method, out string? usage))
        {
            call.Error(MethodNotFound, $"unknown command {method}");
        }
        else if (MethodParams.Bind(usage, given, out string? problem) is not { } bound)
        {
            call.Error(MethodParams.InvalidParams, problem!);
        }
        else if (method == Status)
        {
            StatusCommand.Answer(roles, new MethodCall(call, method, bound, isCheck, progress));
        }
        else if (OfTheOperator.TryGetValue(method, out Func<OperatorDesk, MethodCall, Task>? operate))
        {
            if (roles.Provider is { } provider) watch(RunAsync(operate, new OperatorDesk(provider), provider.UntilReadyAsync, "provider", new MethodCall(call, method, bound, isCheck, progress)));
            else call.Error(MethodNotFound, $"{method} needs the provider role: start the node with {PluginOptions.ServiceFlag}");
        }
        else if (OfThePayer.TryGetValue(method, out Func<PayerRole, MethodCall, Task>? handler))
        {
            if (roles.Payer is { } payer) watch(RunAsync(handler, payer, payer.UntilReadyAsync, "payer", new MethodCall(call, method, bound, isCheck, progress)));
            else call.Error(MethodNotFound, $"{method} needs the payer role: start the node with {PluginOptions.PayerFlag}");
        }
        else if (roles.Wallet is not { } wallet)
        {
            call.Error(MethodNotFound, $"{method} needs the wallet role: start the node with {PluginOptions.ClientFlag}");
        }
        else
        {
            watch(RunAsync(OfTheWallet[method], wallet, wallet.UntilReadyAsync, "wallet", new MethodCall(call, method, bound, isCheck, progress)));
        }
    }

    private async Task RunAsync<TRole>(Func<TRole, MethodCall, Task> handler, TRole role, Func<ValueTask<bool>> untilReady, string name, MethodCall call)
    {
        try
        {
            // Until a role has read its records it cannot answer.
            if (call.IsCheck || await untilReady()) await handler(role, call);
            else call.Error(-1, $"the {name}'s records are not read yet: try again; the log says why the node does not answer");
        }
        catch (Exception silent) when (silent is JournalUnavailableException or PaymentJournalUnavailableException)
        {
            call.Error(-1, $"the node does not answer what {call.Method} needs: {silent.Message}; see its log, and try again");
        }
        catch (Exception bug) when (bug is not OperationCanceledException)
        {
            log.Bug($"{call.Method}: {bug}");
            call.Error(-1, $"{call.Method} failed: {bug.Message}");
        }
    }

    /// <summary>
    /// Handles the host's check command. Its parameters are those of the checked command plus that command's name, which is the first item
    /// of a list.
    /// </summary>
    private void Check(HostCall call, JsonElement given)
    {
        bool isPositional = given.ValueKind == JsonValueKind.Array && given.GetArrayLength() > 0;
        string command = (isPositional ? JsonText.Of(given[0]) : Text(given, "command_to_check")) ?? "";
        if (command == "setconfig") SetConfig(call, given, isCheck: true);
        else Call(command, call, isPositional ? MethodParams.WithoutFirst(given) : MethodParams.Without(given, "command_to_check"), isCheck: true);
    }

    private void SetConfig(HostCall call, JsonElement given, bool isCheck)
    {
        string name = Text(given, "config") ?? "";
        if (!Manifest.Embedded.Options.TryGetValue(name, out ManifestOption? option) || !option.IsDynamic)
        {
            call.Error(MethodParams.InvalidParams, $"`{name}` cannot be changed while the plugin runs");
            return;
        }

        var changed = new Dictionary<string, JsonElement>(_options)
        {
            [name] = PluginOptions.FromText(option, given.TryGetProperty("val"u8, out JsonElement val) ? val.ToString() : ""),
        };
        (PluginOptions? bound, string? problem) = PluginOptions.Bind(changed);
        if (name == PluginOptions.ProvidersOption && bound?.Wallet?.ProviderProblems is [var wrong, ..]) problem ??= wrong;
        if (bound is null || problem is not null)
        {
            call.Error(MethodParams.InvalidParams, problem!);
            return;
        }

        if (!isCheck)
        {
            _options = changed;
            change(bound);
        }

        call.Result(json =>
        {
            if (isCheck) json.WriteString("command_to_check"u8, "setconfig"u8);
        });
    }

    private static string? Text(JsonElement given, string name) =>
        given.ValueKind == JsonValueKind.Object && given.TryGetProperty(name, out JsonElement value) ? JsonText.Of(value) : null;
}
