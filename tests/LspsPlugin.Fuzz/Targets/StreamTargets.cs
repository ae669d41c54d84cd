using System.Buffers;
using System.Text;
using System.Text.Json;
using LspsPlugin.Cln.Protocol;
using LspsPlugin.Fuzz.Inputs;
using LspsPlugin.Rpc;

namespace LspsPlugin.Fuzz.Targets;

/// <summary>Bytes to frames, frames to envelopes, and the look at an HTLC that decides whether anything more is read.</summary>
internal static class StreamTargets
{
    private const int LargestFrame = 600;
    private const int Deepest = 16;

    private static readonly string[] Messages =
    [
        """{"jsonrpc":"2.0","id":"cli:x#1/cln:lsps-listprotocols#9","method":"lsps-listprotocols","params":["02"]}""",
        """{"jsonrpc":"2.0","method":"block_added","params":{"block_added":{"hash":"00","height":101}}}""",
        """{"jsonrpc":"2.0","id":"lsps:getinfo#7","result":{"id":"02"}}""",
        """{"jsonrpc":"2.0","id":"lsps:getinfo#7","error":{"code":-1,"message":"no"}}""",
    ];

    public static IReadOnlyList<FuzzTarget> List { get; } =
    [
        new("frames", Samples.Bytes([.. Messages, Messages[0] + "\n\n" + Messages[1], "{\n\n \"a\":[1,\"}\\\"\"]}{}"]), Frames),
        new("envelope", Samples.Bytes(Messages), Envelope),
        new("htlc-scan", Samples.Bytes(Samples.ForwardHtlc(Samples.JitScid, 5_000_000, 1), Samples.LastHtlc(9_990_000, 10_000_000, 1)), HtlcScanned),
    ];

    /// <summary>However the bytes arrive, the same values come out, and the stream ends for the same reason.</summary>
    private static void Frames(byte[] input)
    {
        (List<string> whole, FrameStatus end) = Read(input, input.Length);
        (List<string> pieces, FrameStatus slowEnd) = Read(input, 1);
        FindingException.ThrowUnless(end == slowEnd && whole.SequenceEqual(pieces), $"frames depend on how the bytes arrive: {end} and {whole.Count}, {slowEnd} and {pieces.Count}");
    }

    private static (List<string> Frames, FrameStatus End) Read(byte[] input, int step)
    {
        var reader = new JsonFrameReader(LargestFrame, Deepest);
        var frames = new List<string>();
        int taken = 0;
        for (int arrived = Math.Min(step, input.Length); ; arrived = Math.Min(arrived + step, input.Length))
        {
            var buffer = new ReadOnlySequence<byte>(input, taken, arrived - taken);
            FrameStatus status;
            while ((status = reader.TryRead(ref buffer, out ReadOnlySequence<byte> frame)) == FrameStatus.Frame) frames.Add(Encoding.Latin1.GetString(frame));
            taken = arrived - (int)buffer.Length;
            if (status != FrameStatus.NeedMore || arrived == input.Length) return (frames, status);
        }
    }

    /// <summary>Whatever can be answered is answered under an id that may stand in an answer.</summary>
    private static void Envelope(byte[] input)
    {
        EnvelopeStatus status = JsonRpcEnvelope.TryParse(input, out JsonRpcEnvelope envelope);
        if (!envelope.Id.IsEmpty) RequireJson(envelope.Id, "the id is no JSON");
        if (status != EnvelopeStatus.Ok) return;
        if (!envelope.Params.IsEmpty) RequireJson(envelope.Params, "the params are no JSON");
        FindingException.ThrowUnless(envelope.Kind == MessageKind.Response || !envelope.Method.IsEmpty, "a request without a method");
        FindingException.ThrowUnless(envelope.Kind == MessageKind.Request == (!envelope.Id.IsEmpty && envelope.Kind != MessageKind.Response), "the kind does not fit the id");
    }

    /// <summary>The quick look and the whole reading agree on where an HTLC goes.</summary>
    private static void HtlcScanned(byte[] input)
    {
        if (!HtlcScan.TryRead(input, withChannel: true, out HtlcDestination to) || HasRepeatedName(input)) return;
        HtlcAcceptedParams? call;
        try
        {
            call = JsonSerializer.Deserialize(input, HookJson.Default.HtlcAcceptedParams);
        }
        catch (JsonException)
        {
            return; // then the host is answered "continue" either way
        }

        FindingException.ThrowUnless(!to.IsForward || to.Channel is null || to.Channel == call!.ForwardTo, "they see another channel");
        bool isForward = call!.Onion is { ShortChannelId: not null } or { NextNodeId: not null };
        FindingException.ThrowUnless(to.NextScid == call.Onion.ShortChannelId, $"the next hop is {to.NextScid} at a glance and {call.Onion.ShortChannelId} when read");
        FindingException.ThrowUnless(isForward || to.Hash is null || to.Hash == call.Htlc.PaymentHash, "the payment hash is another when read");
        FindingException.ThrowUnless(to.IsForward || !isForward, "a forward passed for a last hop");
    }

    private static void RequireJson(ReadOnlySpan<byte> value, string otherwise)
    {
        try
        {
            var reader = new Utf8JsonReader(value, new JsonReaderOptions { MaxDepth = int.MaxValue });
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            throw new FindingException($"{otherwise}: {e.Message}");
        }
    }

    /// <summary>The host repeats no names; which of two counts is not the same everywhere.</summary>
    private static bool HasRepeatedName(byte[] input)
    {
        var seen = new Stack<HashSet<string>>();
        var reader = new Utf8JsonReader(input, new JsonReaderOptions { MaxDepth = int.MaxValue });
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType == JsonTokenType.StartObject) seen.Push([]);
                else if (reader.TokenType == JsonTokenType.EndObject) seen.Pop();
                else if (reader.TokenType == JsonTokenType.PropertyName && (reader.ValueIsEscaped || !seen.Peek().Add(Encoding.Latin1.GetString(reader.ValueSpan)))) return true;
            }

            return false;
        }
        catch (JsonException)
        {
            return true;
        }
    }
}
