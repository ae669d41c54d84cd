using System.Text.Json.Nodes;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Simulation.Model.Offers;

namespace LspsPlugin.Simulation.Model.Paying;

/// <summary>The node's table of parts, with its rules (lightningd/pay.c, wallet/wallet.c).</summary>
public sealed class SimSendPays(SimNode node)
{
    internal const int InProgress = 200, AlreadyUsed = 201, UnparseableOnion = 202, DestinationPermanent = 203, TryOtherRoute = 204, NoSuchPayment = 208, Unspecified = 209;

    private readonly List<SimSendPay> _rows = [];
    private readonly List<(string Index, ulong Next, Action<JsonObject> Answer)> _waits = [];
    private readonly Dictionary<string, ulong> _indexes = new() { ["created"] = 0, ["updated"] = 0, ["deleted"] = 0 };

    /// <summary>The rows in order of their ids.</summary>
    public IReadOnlyList<SimSendPay> Rows => _rows;

    /// <summary>All rows that there ever were, also those that were deleted: for observers, not for the node.</summary>
    public IReadOnlyList<SimSendPay> Ever => _ever;

    private readonly List<SimSendPay> _ever = [];

    public IEnumerable<SimSendPay> Of(PaymentHash hash) => _rows.Where(row => row.Hash == hash);

    public SimSendPay? Find(PaymentHash hash, ulong partId, ulong groupId) => _rows.Find(row => row.Hash == hash && row.PartId == partId && row.GroupId == groupId);

    /// <summary>The highest group of a hash; zero if there is none.</summary>
    public ulong LastGroup(PaymentHash hash) => Of(hash).Select(static row => row.GroupId).DefaultIfEmpty().Max();

    /// <summary>
    /// Compares a part with the rows of its hash (check_progress). A complete row counts by its partid alone, whatever its group.
    /// </summary>
    /// <returns>The row that makes sending it unnecessary: complete, or this very part while it is pending. Null if it may be sent.</returns>
    /// <exception cref="SimRpcException">It must not be sent.</exception>
    public SimSendPay? Check(PaymentHash hash, Msat amount, Msat total, ulong partId, ulong groupId, NodeId? destination)
    {
        bool hasComplete = false;
        ulong pending = 0;
        foreach (SimSendPay row in Of(hash))
        {
            if (row.Status == SimSendPay.Complete)
            {
                hasComplete = true;
                if (row.PartId != partId) continue;
                AssertSame("succeeded", row, amount, destination);
                return row;
            }

            if (row.Status == SimSendPay.Pending)
            {
                if (row.GroupId != groupId) throw new SimRpcException(InProgress, $"Payment with groupid={row.GroupId} still in progress, cannot retry before that completes.");
                if (row.PartId == 0 != (partId == 0)) throw new SimRpcException(InProgress, $"Already have {(row.PartId != 0 ? "parallel" : "non-parallel")} payment in progress");
                if (row.PartId == partId)
                {
                    AssertSame("pending", row, amount, destination);
                    return row;
                }

                if (row.Total != total) throw new SimRpcException(SimParams.InvalidParams, $"msatoshi was previously {row.Total.Value}msat, now {total.Value}msat");
                pending += row.Amount.Value;
            }

            if (row.PartId == partId && row.GroupId == groupId)
            {
                throw new SimRpcException(AlreadyUsed, $"There already is a payment with payment_hash={hash}, groupid={groupId}, partid={partId}. Either change the partid, or wait for the payment to complete and start a new group.");
            }
        }

        if (hasComplete) throw new SimRpcException(AlreadyUsed, "Already succeeded other parts");
        if (total != Msat.Zero && pending >= total.Value) throw new SimRpcException(InProgress, $"Already have {pending}msat of {total.Value}msat payments in progress");
        return null;
    }

    private static void AssertSame(string itIs, SimSendPay row, Msat amount, NodeId? destination)
    {
        if (row.Amount != amount) throw new SimRpcException(AlreadyUsed, $"Already {itIs} with amount {row.Amount.Value}msat (not {amount.Value}msat)");
        if (row.Destination is { } known && destination is { } other && known != other) throw new SimRpcException(AlreadyUsed, $"Already {itIs} to {known}");
    }

    public SimSendPay Add(Func<ulong, long, SimSendPay> make)
    {
        SimSendPay row = make(_indexes["created"] + 1, Now);
        _rows.Add(row);
        _ever.Add(row);
        Bump("created", row);
        return row;
    }

    internal void Completed(SimSendPay row, Preimage preimage)
    {
        row.Preimage = preimage;
        Set(row, SimSendPay.Complete);
        var end = new SimPartEnd(row, 0, "", null, null);
        foreach (Action<SimPartEnd> waiter in row.Waiters.ToArray()) waiter(end);
        row.Waiters.Clear();
        node.Notify("sendpay_success", row.AddTo([]));
    }

    /// <summary>
    /// Stores a failure and tells it. What is stored goes to every row of this hash and partid, also of other groups
    /// (wallet_payment_set_failinfo).
    /// </summary>
    internal void Fail(SimSendPay row, SimPartEnd end)
    {
        Set(row, SimSendPay.Failed);
        foreach (SimSendPay same in Of(row.Hash).Where(other => other.PartId == row.PartId))
        {
            same.Reply = end.Failure is null ? end.Reply : null;
            same.Failure = end.Failure is { } failure ? failure with { Message = null } : null;
            same.FailDetail = end.Message;
            same.IsPermanent = end.Code == DestinationPermanent;
        }

        foreach (Action<SimPartEnd> waiter in row.Waiters.ToArray()) waiter(end);
        row.Waiters.Clear();
        node.Notify("sendpay_failure", new JsonObject { ["code"] = end.Code, ["message"] = end.Message, ["data"] = Describe(end) });
    }

    /// <summary>The data of the error of a failed part (json_sendpay_fail_fields).</summary>
    internal static JsonObject Describe(SimPartEnd end)
    {
        JsonObject data = end.Row.AddTo([]);
        if (end.Code == UnparseableOnion && end.Reply is not null) data["onionreply"] = Convert.ToHexStringLower(end.Reply);
        else end.Failure?.AddTo(data);
        return data;
    }

    private void Set(SimSendPay row, string status)
    {
        row.Status = status;
        row.CompletedAt = Now;
        if (_rows.Contains(row)) row.UpdatedIndex = Bump("updated", row);
    }

    public JsonObject List(JsonObject p)
    {
        p.Only("bolt11", "payment_hash", "status", "index", "start", "limit");
        PaymentHash? hash = p.HashIf("payment_hash");
        string? invoice = p.TextIf("bolt11"), status = Status(p, "status"), index = Index(p, "index");
        ulong start = p.U64("start", 0);
        int limit = p["limit"] is null ? int.MaxValue : (int)Math.Min(int.MaxValue, p.U32("limit"));
        if (hash is not null && invoice is not null) throw new SimRpcException(SimParams.InvalidParams, "Can only specify one of {bolt11} or {payment_hash}");
        if (start != 0 && index is null) throw new SimRpcException(SimParams.InvalidParams, "Can only specify {start} with {index}");
        if (p["limit"] is not null && index is null) throw new SimRpcException(SimParams.InvalidParams, "Can only specify {limit} with {index}");
        if ((hash is not null || invoice is not null) && start != 0) throw new SimRpcException(SimParams.InvalidParams, "Cannot use start with bolt11 or payment_hash");
        if (invoice is not null) hash = Bolt11Invoice.TryParse(invoice, out Bolt11Invoice? read) ? read.PaymentHash : Bolt12Invoice.Read(invoice)?.PaymentHash ?? throw new SimRpcException(SimParams.InvalidParams, "Invalid invstring: Bad bech32 string");

        // With a hash, neither status nor index nor limit counts.
        IEnumerable<SimSendPay> rows = hash is { } wanted ? Of(wanted)
            : Ordered(index == "updated").Where(row => (index == "updated" ? row.UpdatedIndex : row.Id) >= start && (status is null || row.Status == status)).Take(limit);
        return new JsonObject { ["payments"] = new JsonArray([.. rows.Select(static row => (JsonNode)row.AddTo([]))]) };
    }

    private IEnumerable<SimSendPay> Ordered(bool byUpdate) => byUpdate ? _rows.OrderBy(static row => row.UpdatedIndex) : _rows;

    /// <summary>Deletes rows. Without a group, the index of deletions does not move (wallet_payment_delete).</summary>
    public JsonObject Delete(JsonObject p)
    {
        p.Only("payment_hash", "status", "partid", "groupid");
        PaymentHash hash = p.Hash("payment_hash");
        p.Need("status");
        string status = Status(p, "status")!;
        if (status == SimSendPay.Pending) throw SimParams.Bad("status", "Cannot delete pending status", p["status"]);
        ulong? part = p.U64If("partid"), group = p.U64If("groupid");
        if (part is null != group is null) throw new SimRpcException(SimParams.InvalidParams, "Must set both partid and groupid, or neither");
        if (!Of(hash).Any()) throw new SimRpcException(NoSuchPayment, $"Unknown payment with payment_hash: {hash}");
        SimSendPay[] named = [.. Of(hash).Where(row => group is null || (row.GroupId == group && row.PartId == part))], gone = [.. named.Where(row => row.Status == status)];
        if (gone.Length == 0)
        {
            throw new SimRpcException(NoSuchPayment, named is [.., var other]
                ? $"Payment with hash {hash} has {other.Status} status but it different from the one provided {status}"
                : "No payment for that payment_hash with that partid and groupid");
        }

        foreach (SimSendPay row in gone) Take(row, counted: group is not null);
        return new JsonObject { ["payments"] = new JsonArray([.. gone.Select(static row => (JsonNode)row.AddTo([]))]) };
    }

    /// <summary>The command autoclean-once for payments: it deletes finished rows that were created so many seconds ago.</summary>
    public JsonObject Clean(JsonObject p)
    {
        p.Only("subsystem", "age");
        string subsystem = SimParams.Text(p.Need("subsystem"));
        string status = subsystem switch
        {
            "succeededpays" => SimSendPay.Complete,
            "failedpays" => SimSendPay.Failed,
            _ => throw SimParams.Bad("subsystem", "should be a valid subsystem name", p["subsystem"]),
        };
        ulong age = p.U64("age");
        if (age == 0) throw SimParams.Bad("age", "Must be non-zero", p["age"]);
        SimSendPay[] finished = [.. _rows.Where(row => row.Status == status)], old = [.. finished.Where(row => row.CreatedAt <= Now - (long)age)];
        foreach (SimSendPay row in old) Take(row, counted: true);
        return new JsonObject { ["autoclean"] = new JsonObject { [subsystem] = new JsonObject { ["cleaned"] = old.Length, ["uncleaned"] = finished.Length - old.Length } } };
    }

    /// <summary>Removes finished rows, as the node's autoclean plugin does; pending ones stay.</summary>
    public void Autoclean(params ReadOnlySpan<string> statuses)
    {
        foreach (SimSendPay row in _rows.Where(static row => row.Status != SimSendPay.Pending).ToArray())
        {
            if (statuses.IsEmpty || statuses.Contains(row.Status)) Take(row, counted: true);
        }
    }

    internal void Take(SimSendPay row, bool counted)
    {
        _rows.Remove(row);
        if (counted) Bump("deleted", row);
    }

    public JsonObject ListPays(JsonObject p)
    {
        p.Only("bolt11", "payment_hash", "status", "index", "start", "limit");
        var asked = (JsonObject)p.DeepClone();
        string? status = Status(p, "status");
        asked.Remove("status");
        JsonArray parts = List(asked)["payments"]!.AsArray();
        IEnumerable<JsonObject> pays = parts.GroupBy(static part => ((string)part!["payment_hash"]!, (ulong)part["groupid"]!)).Select(static group => SimPays.Sum([.. group.Select(static part => part!.AsObject())]));
        return new JsonObject { ["pays"] = new JsonArray([.. pays.Where(pay => status is null || (string)pay["status"]! == status)]) };
    }

    /// <summary>Answers when an index has reached a value; at once if it has.</summary>
    public async Task<JsonNode> WaitAsync(JsonObject p)
    {
        p.Only("subsystem", "indexname", "nextvalue");
        if (SimParams.Text(p.Need("subsystem")) != "sendpays") throw SimParams.Bad("subsystem", "unknown subsystem", p["subsystem"]);
        p.Need("indexname");
        string? index = SimParams.Text(p["indexname"]!) is "created" or "updated" or "deleted" ? SimParams.Text(p["indexname"]!) : throw SimParams.Bad("indexname", "unknown index", p["indexname"]);
        ulong next = p.U64("nextvalue");
        if (_indexes[index] >= next) return new JsonObject { ["subsystem"] = "sendpays", [index] = _indexes[index] };
        var answer = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waits.Add((index, next, result => answer.TrySetResult(result)));
        return await answer.Task;
    }

    /// <summary>Forgets everybody who waits, because the node is gone.</summary>
    internal void Die()
    {
        _waits.Clear();
        foreach (SimSendPay row in _rows) row.Waiters.Clear();
    }

    private ulong Bump(string index, SimSendPay row)
    {
        ulong value = ++_indexes[index];
        (string Index, ulong Next, Action<JsonObject> Answer)[] due = [.. _waits.Where(wait => wait.Index == index && value >= wait.Next)];
        _waits.RemoveAll(due.Contains);
        foreach ((_, _, Action<JsonObject> answer) in due)
        {
            answer(new JsonObject
            {
                ["subsystem"] = "sendpays",
                [index] = value,
                ["sendpays"] = new JsonObject { ["status"] = row.Status, ["partid"] = row.PartId, ["groupid"] = row.GroupId, ["payment_hash"] = row.Hash.ToString() },
            });
        }

        return value;
    }

    private long Now => node.Network.Time.GetUtcNow().ToUnixTimeSeconds();

    private static string? Status(JsonObject p, string name) => p.TextIf(name) switch
    {
        null => null,
        SimSendPay.Pending or SimSendPay.Complete or SimSendPay.Failed => p.TextIf(name),
        _ => throw SimParams.Bad(name, "should be an invoice status", p[name]),
    };

    internal static string? Index(JsonObject p, string name) => p.TextIf(name) switch
    {
        null => null,
        "created" or "updated" or "deleted" => p.TextIf(name),
        _ => throw SimParams.Bad(name, "unknown index", p[name]),
    };
}
