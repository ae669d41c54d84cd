using System.Collections.Immutable;
using System.Text.Json;
using LspsPlugin.Core.Lightning;
using LspsPlugin.Core.Lsps0;

namespace LspsPlugin.Core.Lsps2.Pricing;

/// <summary>
/// The operator's price file: <c>{"menu":[ENTRY..],"tokens":{"TOKEN":[ENTRY..]}}</c>, both members optional. An entry contains the members that it
/// changes; the others come from the options. A token may have more than prices: <c>{"menu":[ENTRY..],"zero_reserve":true}</c>.
/// </summary>
public static class PriceFile
{
    /// <summary>The largest file that is read.</summary>
    public const int MaxBytes = 1 << 20;

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    /// <summary>Reads the file's text.</summary>
    /// <param name="text">The file's bytes: UTF-8 JSON; comments and trailing commas are allowed.</param>
    /// <param name="options">The price list from the options, with one entry.</param>
    /// <param name="problem">What is wrong and where; null on success.</param>
    /// <returns>Null with the problem and its place in the file.</returns>
    public static PriceList? Read(ReadOnlyMemory<byte> text, PriceList options, out string? problem)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Lenient);
            var reader = new Reader(options.Entries[0]);
            PriceList? read = reader.List(document.RootElement, options);
            problem = reader.Problem;
            return problem is null ? read : null;
        }
        catch (JsonException e)
        {
            problem = $"invalid JSON at line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}";
            return null;
        }
        catch (InvalidOperationException)
        {
            problem = "it contains a string that is not valid Unicode";
            return null;
        }
    }

    private sealed class Reader(PriceEntry options)
    {
        private readonly ImmutableHashSet<string>.Builder _zeroReserve = ImmutableHashSet.CreateBuilder<string>(StringComparer.Ordinal);

        public string? Problem { get; private set; }

        public PriceList? List(JsonElement root, PriceList list)
        {
            if (!IsObject(root, "the file")) return null;
            ImmutableArray<PriceEntry> menu = list.Entries;
            var tokens = ImmutableDictionary.CreateBuilder<string, ImmutableArray<PriceEntry>>(StringComparer.Ordinal);
            foreach (JsonProperty member in root.Members())
            {
                if (member.Name == "menu") menu = Entries(member.Value, "menu");
                else if (member.Name != "tokens") Wrong($"unknown member \"{member.Name}\"; only \"menu\" and \"tokens\" are allowed");
                else if (IsObject(member.Value, "tokens")) Tokens(member.Value, tokens);
            }

            return list with { Entries = menu, Tokens = tokens.ToImmutable(), ZeroReserveTokens = _zeroReserve.ToImmutable() };
        }

        private void Tokens(JsonElement element, ImmutableDictionary<string, ImmutableArray<PriceEntry>>.Builder tokens)
        {
            foreach (JsonProperty token in element.Members())
            {
                if (token.Name.Length is 0 or > GetInfoRequest.MaxTokenChars) Wrong($"a token has 1 to {GetInfoRequest.MaxTokenChars} characters");
                else if (!tokens.TryAdd(token.Name, Token(token.Name, token.Value, $"tokens.{token.Name}"))) Wrong($"tokens.{token.Name} is defined twice");
            }
        }

        /// <summary>Reads a list of entries, or an object with such a list and the token's other properties.</summary>
        private ImmutableArray<PriceEntry> Token(string token, JsonElement element, string place)
        {
            if (element.ValueKind != JsonValueKind.Object) return Entries(element, place);
            ImmutableArray<PriceEntry> menu = [options];
            foreach (JsonProperty member in element.Members())
            {
                if (member.Name == "menu") menu = Entries(member.Value, $"{place}.menu");
                else if (member.Name != "zero_reserve") Wrong($"unknown member \"{member.Name}\" in {place}; only \"menu\" and \"zero_reserve\" are allowed");
                else if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False)) Wrong($"{place}.zero_reserve must be true or false");
                else if (member.Value.ValueKind == JsonValueKind.True) _zeroReserve.Add(token);
            }

            return menu;
        }

        private ImmutableArray<PriceEntry> Entries(JsonElement element, string place)
        {
            if (element.ValueKind != JsonValueKind.Array)
            {
                Wrong($"{place} must be a list of entries");
                return [];
            }

            if (element.GetArrayLength() > FeeMenu.MaxEntries) Wrong($"{place} has more than {FeeMenu.MaxEntries} entries");
            return [.. element.EnumerateArray().Select((entry, index) => Entry(entry, $"{place}[{index}]"))];
        }

        private PriceEntry Entry(JsonElement element, string place)
        {
            PriceEntry entry = options;
            if (!IsObject(element, place)) return entry;
            foreach (JsonProperty member in element.Members())
            {
                string name = $"{place}.{member.Name}";
                ulong Number(ulong least, ulong most) => this.Number(member.Value, name, least, most);
                entry = member.Name switch
                {
                    "min_fee_msat" => entry with { MinFee = new Msat(Number(0, Msat.AllMoney.Value)) },
                    "chain_fee_percent" => entry with { ChainFeePercent = (uint)Number(0, 1000) },
                    "fee_ppm" => entry with { Proportional = new Ppm((uint)Number(0, 1_000_000)) },
                    "validity_minutes" => entry with { Validity = TimeSpan.FromMinutes(Number(10, 43_200)) },
                    "min_lifetime" => entry with { MinLifetime = new BlockCount((uint)Number(0, 1_000_000)) },
                    "max_client_to_self_delay" => entry with { MaxClientToSelfDelay = new BlockCount((uint)Number(1, 65_535)) },
                    "min_payment_msat" => entry with { MinPaymentSize = new Msat(Number(1, Msat.AllMoney.Value)) },
                    "max_payment_msat" => entry with { MaxPaymentSize = new Msat(Number(1, Msat.AllMoney.Value)) },
                    _ => Unknown(entry, name),
                };
            }

            if (entry.MinPaymentSize > entry.MaxPaymentSize) Wrong($"{place}: min_payment_msat is larger than max_payment_msat");
            return entry;
        }

        private PriceEntry Unknown(PriceEntry entry, string name)
        {
            Wrong($"{name} is not a member of an entry");
            return entry;
        }

        private ulong Number(JsonElement value, string name, ulong least, ulong most)
        {
            if (value.ValueKind == JsonValueKind.Number && value.TryGetUInt64(out ulong number) && number >= least && number <= most) return number;
            Wrong($"{name} must be a whole number between {least} and {most}");
            return least;
        }

        private bool IsObject(JsonElement element, string place)
        {
            if (element.ValueKind == JsonValueKind.Object) return true;
            Wrong($"{place} must be an object");
            return false;
        }

        private void Wrong(string problem) => Problem ??= problem;
    }
}
