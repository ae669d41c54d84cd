using System.Globalization;
using LspsPlugin.Cln.DiskFormat;
using LspsPlugin.Cln.Node;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Durable.Sales;
using static LspsPlugin.Cln.DiskFormat.RecordText;

namespace LspsPlugin.Cln.Provider.Records;

/// <summary>
/// What was read from the node's list of forwards, at <c>routed/PAGE</c>. A page has the sums and the index up to which the list is read, so both change in one
/// write: after a crash nothing is missing and nothing counted twice.
/// </summary>
internal sealed class RoutedFees(NodeClient node, IncomeBook book)
{
    /// <summary>From this many sums on, the next page is begun.</summary>
    private const int PageSize = 500;

    private readonly SortedDictionary<(IncomeKey Key, int Day), Msat> _page = [];
    private ulong _number;
    private bool _isLoaded;

    /// <summary>The list is read below this updated_index.</summary>
    public ulong Below { get; private set; } = 1;

    /// <summary>Reads the pages, once.</summary>
    /// <exception cref="JournalUnavailableException">The node does not answer, or a page cannot be read: its rows would be counted again.</exception>
    public async ValueTask LoadAsync(CancellationToken stopping)
    {
        for (; !_isLoaded; _number++)
        {
            string[] place = Place(_number);
            ListDatastoreAnswer found = JournalAnswer.Of("listdatastore", await node.ListDatastoreAsync(place, stopping));
            if (found.Datastore.FirstOrDefault(one => one.Key.SequenceEqual(place)) is not { } record)
            {
                _isLoaded = true;
                _number = _number == 0 ? 0 : _number - 1;
                return;
            }

            Page page = RecordText.Read(record.String, RecordsJson.Default.RoutedPageJson, Read, out string? problem) ?? throw new JournalUnavailableException($"{string.Join('/', place)} cannot be read: {problem}");
            Below = page.Below;
            _page.Clear();
            foreach (RoutedFee fee in page.Fees)
            {
                _page[(fee.Key, fee.Day)] = fee.Fee;
                book.Route(fee);
            }
        }
    }

    /// <summary>Adds what was read.</summary>
    /// <param name="below">The list is read below this updated_index.</param>
    /// <param name="fees">What was earned over sold channels.</param>
    /// <param name="stopping">Cancels the wait, not the call.</param>
    /// <exception cref="JournalUnavailableException">The node does not store it: the list is read again from the same index.</exception>
    public async ValueTask AddAsync(ulong below, IReadOnlyList<RoutedFee> fees, CancellationToken stopping)
    {
        bool isNew = _page.Count >= PageSize;
        var page = isNew ? [] : new SortedDictionary<(IncomeKey Key, int Day), Msat>(_page);
        foreach (RoutedFee fee in fees) page[(fee.Key, fee.Day)] = page.GetValueOrDefault((fee.Key, fee.Day)) + fee.Fee;
        ulong number = isNew ? _number + 1 : _number;
        var record = new RoutedPageJson(below, [.. page.Select(static one => new RoutedFeeJson(one.Key.Key.Sale, one.Key.Key.Tag, Days.Write(one.Key.Day), one.Value))], SessionRecordJson.Newest);
        var saved = await node.DatastoreAsync(new DatastoreParams(Place(number), RecordText.Write(record, RecordsJson.Default.RoutedPageJson), "create-or-replace", null), stopping);
        if (!saved.IsOk) throw JournalAnswer.Missing("datastore", saved.Error);
        (_number, Below) = (number, below);
        _page.Clear();
        foreach (var one in page) _page[one.Key] = one.Value;
        foreach (RoutedFee fee in fees) book.Route(fee);
    }

    private static string[] Place(ulong page) => [.. RecordKeys.Routed, page.ToString("D20", CultureInfo.InvariantCulture)];

    private static Page Read(RoutedPageJson read) => new(
        Required(read.Below, "below"),
        [.. Required(read.Fees, "fees").Select(static (fee, index) => Read(Required(fee, $"fees[{index}]"), $"fees[{index}]"))]);

    private static RoutedFee Read(RoutedFeeJson read, string name) => new(
        new IncomeKey(Required(read.Sale, $"{name}.sale"), IncomeKey.TryReadTag(read.Channel ?? "", out ulong tag) ? tag : throw new FormatException($"{name}.channel is not 16 hex digits")),
        Days.Read(read.Day ?? "") ?? throw new FormatException($"{name}.day is not a day"),
        Required(read.FeeMsat, $"{name}.fee_msat"));

    /// <param name="Below">The list is read below this updated_index.</param>
    /// <param name="Fees">The sums of the page.</param>
    private sealed record Page(ulong Below, RoutedFee[] Fees);
}
