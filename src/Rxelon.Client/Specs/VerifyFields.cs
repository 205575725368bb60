using System.Globalization;
using Rxelon.Client.Submission;
using Rxelon.Shared.Workloads;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>The verify section: how results are checked (docs/design/verification.md).</summary>
internal sealed class VerifyFields(List<SpecError> errors)
{
    /// <summary>The policies that a task may name.</summary>
    internal static (string Word, VerifyPolicy Value)[] Policies { get; } =
        [("none", VerifyPolicy.None), ("canary", VerifyPolicy.Canary), ("spot", VerifyPolicy.Spot), ("quorum", VerifyPolicy.Quorum), ("adaptive", VerifyPolicy.Adaptive)];

    /// <summary>By part: the path of the result that is expected.</summary>
    internal IReadOnlyDictionary<int, string> Expected { get; private set; } = new Dictionary<int, string>();

    /// <summary>Null when nothing is checked: such a spec says nothing about it.</summary>
    internal VerifySpec? Read(YamlFields root)
    {
        if (root.Take("verify") is not { } node || node is YamlScalarNode { Value: "none" })
            return null;
        if (node is YamlScalarNode { Value: "adaptive" })
            return new VerifySpec { Policy = VerifyPolicy.Adaptive };
        if (YamlFields.Open(node, "verify", errors) is not { } fields)
            return null;
        if (!fields.Has("policy"))
            fields.Fail("policy", fields.Start, "this field is required: none, canary, spot, quorum or adaptive.");
        var policy = fields.TakeChoice("policy", Policies, [], VerifyPolicy.None);
        VerifySpec? terms = policy switch
        {
            VerifyPolicy.Canary => Canary(fields),
            VerifyPolicy.Spot => Spot(fields),
            VerifyPolicy.Quorum => Quorum(fields),
            VerifyPolicy.None => null,
            _ => new VerifySpec { Policy = policy },
        };
        if (terms?.Problem() is { } problem && (policy != VerifyPolicy.Canary || Expected.Count > 0))
            fields.Fail("policy", node.Start, problem);
        terms = WithTolerance(terms, fields);
        fields.RefuseRest();
        return terms;
    }

    private static VerifySpec? WithTolerance(VerifySpec? terms, YamlFields fields)
    {
        var isNumeric = fields.TakeChoice("compare", [("bytes", false), ("numeric", true)], [], false);
        var at = fields.MarkOf("tolerance");
        if (!fields.Has("tolerance"))
        {
            if (isNumeric)
                fields.Fail("tolerance", fields.Start, $"this field is required with compare: numeric, such as {VerifyText.SuchTolerance}.");
            return terms;
        }

        var tolerance = fields.TakeValue<decimal?>("tolerance", VerifyText.TryTolerance, $"a number from 1e-15 and below 1, such as {VerifyText.SuchTolerance}", null);
        if (!isNumeric)
            fields.Fail("tolerance", at, "only compare: numeric has a tolerance.");
        if (tolerance is null)
            return terms;
        if ((terms ?? new VerifySpec { Policy = VerifyPolicy.None }) with { Tolerance = tolerance } is { Policy: VerifyPolicy.None or VerifyPolicy.Canary } beside)
            fields.Fail("compare", at, beside.Problem()!);
        return terms is null ? null : terms with { Tolerance = tolerance };
    }

    private VerifySpec Canary(YamlFields fields)
    {
        if (!fields.Has("expected"))
            fields.Fail("expected", fields.Start, "this field is required: by part, where the result lies that is expected of it, such as expected: { 0: ./part-00000 }.");
        Expected = fields.TakeMap("expected", text => VerifyText.TryCount(text, out _), "parts are numbers from 0.")
            .ToDictionary(e => int.Parse(e.Key, CultureInfo.InvariantCulture), e => e.Value);
        return new VerifySpec { Policy = VerifyPolicy.Canary, Expected = Expected.Count > 0 ? Expected.ToDictionary(e => e.Key, _ => ExpectedResult.Unknown) : null };
    }

    private static VerifySpec Spot(YamlFields fields)
    {
        if (!fields.Has("rate"))
            fields.Fail("rate", fields.Start, "this field is required: the share of parts to check, such as 0.1.");
        return new VerifySpec { Policy = VerifyPolicy.Spot, RateMillionths = fields.TakeValue("rate", VerifyText.TryRate, "a number above 0 and up to 1, such as 0.1", 1_000_000) };
    }

    private static VerifySpec Quorum(YamlFields fields)
    {
        var of = fields.TakeValue("of", VerifyText.TryCount, "a whole number from 2 to 5", VerifyText.DefaultOf);
        return new VerifySpec { Policy = VerifyPolicy.Quorum, Of = of, Agree = fields.TakeValue("agree", VerifyText.TryCount, "a whole number from 2", (of / 2) + 1) };
    }
}
