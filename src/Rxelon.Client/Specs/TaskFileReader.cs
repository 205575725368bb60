using System.Globalization;
using Rxelon.Shared.Crypto;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>Field by field from YAML to a plan. What later releases bring is known by name and refused with not-yet.</summary>
internal sealed class TaskFileReader(List<SpecError> errors)
{
    private const int HttpsPort = 443;
    private const string Later = "this comes with a later release; leave it out.";

    internal TaskPlan? Read(YamlFields root, string baseDirectory)
    {
        var name = root.TakeValue("name", IsName, "a name of 1 to 64 characters", "");
        var run = ReadRun(root);
        var env = root.TakeMap("env", IsVariable, "a variable's name is letters, digits and '_', and does not start with a digit.");
        var secrets = ReadSecrets(root);
        var inputs = root.TakeList("input", orOne: true);
        var split = ReadSplit(root, inputs);
        var (merge, mergeStage, mergeAt) = ReadMerge(root, split.Format ?? RecordFormats.OfNames(inputs));
        name = name.Length > 0 ? name : run?.DefaultName ?? "task";
        var limits = ReadLimits(root);
        var stageFields = new StageFields(errors, name);
        var stagesAt = root.Peek("stages") ?? root.Peek("rounds");
        var stages = stageFields.Read(root, ReadRun, ReadStageResources, limits);
        var verifyAt = root.Peek("verify");
        var verifyFields = new VerifyFields(errors);
        var verify = verifyFields.Read(root);
        var spec = new TaskSpec
        {
            Name = name,
            Kind = run?.Kind ?? WorkloadKind.Wasm,
            Image = run?.Image,
            Repository = run?.Repository,
            Resources = ReadResources(root, out var gpu),
            Gpu = gpu,
            Network = ReadNetwork(root),
            Limits = limits,
            Placement = ReadPlacement(root),
            Privacy = ReadPrivacy(root),
            Budget = ReadBudget(root),
            Retain = ReadRetention(root),
            Verify = verify,
            Stages = stages.Count > 0 ? [.. stages.Select(s => s.Stage)] : null,
            Rounds = stageFields.ReadRounds(root),
        };
        stageFields.Check(spec, stagesAt, mergeStage, mergeAt);
        if (spec is { Privacy.Sticky: true, Verify.Needed: > 1 })
            errors.Add(YamlFields.At(FaultCodes.Malformed, "verify", verifyAt!.Start, "a sticky task keeps to one node, and a check needs another operator; leave one of them out."));
        if (spec.RefusesSpeculation() is { } second)
            root.Fail("limits.speculate", root.MarkOf("limits"), second);
        root.NotYet("notify", Later);
        root.RefuseRest();
        if (spec.Gpu is not null && run is { Kind: not WorkloadKind.Docker })
            root.Fail("resources.gpu", root.Start, "only docker programs get GPUs; leave it out.");
        if (spec.Network is not null && run is { Kind: not WorkloadKind.Docker })
            root.Fail("network", root.Start, "only docker programs reach a network; use none.");
        return run is null ? null : new TaskPlan
        {
            Spec = spec,
            Inputs = inputs,
            Expected = verifyFields.Expected,
            Split = split,
            Merge = merge,
            BaseDirectory = baseDirectory,
            Program = run.Program with { Env = env, Secrets = secrets },
            StagePrograms = stages.ToDictionary(s => s.Stage.Name, s => s.Program with { Env = env, Secrets = secrets }),
        };
    }

    private static bool IsName(string text, out string name) => (name = text).Length is >= 1 and <= 64 && !text.Any(char.IsControl);

    private static bool IsVariable(string name)
        => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static bool IsCount(string text, out int count)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count);

    private static bool IsPositiveSize(string text, out long size) => Quantities.TryBytes(text, out size) && size > 0;

    private static bool IsPositiveTime(string text, out long seconds) => Quantities.TrySeconds(text, out seconds) && seconds > 0;

    private RunPlan? ReadRun(YamlFields root)
    {
        if (root.Take("run") is not { } node)
        {
            root.Fail("run", root.Start, "this field is required: it says what to run, such as run: { wasm: { module: ./program.wasm } }.");
            return null;
        }

        if (YamlFields.Open(node, "run", errors) is not { } run)
            return null;
        var kinds = (string[])[.. new[] { "wasm", "docker", "vm", "model", "mock" }.Where(run.Has)];
        RunPlan? plan = null;
        foreach (var kind in kinds)
            plan = RunPlan.Read(kind, run, errors);
        _ = (run.Take("wasm"), run.Take("docker"), run.Take("vm"), run.Take("model"));
        run.RefuseRest();
        if (kinds.Length != 1)
            root.Fail("run", node.Start, "exactly one of wasm, docker, vm and model must stand here.");
        return plan;
    }

    private List<string> ReadSecrets(YamlFields root)
    {
        if (root.Take("secrets") is not { } node)
            return [];
        var names = new List<string>();
        foreach (var item in node is YamlSequenceNode list ? list.Children : [node])
        {
            if (item is YamlScalarNode { Value: { } name } && IsVariable(name))
                names.Add(name);
            else if (item is YamlMappingNode)
                errors.Add(YamlFields.At(FaultCodes.NotYet, "secrets", item.Start, "a secrets store comes with a later release; name an environment variable."));
            else
                errors.Add(YamlFields.At(FaultCodes.Malformed, "secrets", item.Start, "this must be the name of an environment variable."));
        }

        return names;
    }

    private SplitPlan ReadSplit(YamlFields root, IReadOnlyList<string> inputs)
    {
        if (root.Take("split") is not { } node)
            return SplitPlan.None;
        if (node is YamlScalarNode { Value: "none" })
            return SplitPlan.None;
        if (YamlFields.Open(node, "split", errors) is not { } split)
            return SplitPlan.None;
        if (!split.Has("by"))
            split.Fail("by", split.Start, "this field is required: lines, records, bytes, files, count or none.");
        var by = split.TakeChoice(
            "by",
            [("lines", SplitBy.Lines), ("records", SplitBy.Records), ("bytes", SplitBy.Bytes), ("files", SplitBy.Files), ("count", SplitBy.Count), ("none", SplitBy.None)],
            [], SplitBy.None);
        if (!split.Has("size") && by is SplitBy.Lines or SplitBy.Records or SplitBy.Bytes or SplitBy.Count)
            split.Fail("size", split.Start, "this field is required: how many lines, records or bytes a part gets, or how many parts there are.");
        var size = split.TakeValue("size", by == SplitBy.Bytes ? IsPositiveSize : IsPositiveCount, by == SplitBy.Bytes ? "a size such as 1MiB" : "a whole number from 1", 1L);
        var plan = new SplitPlan(by, size);
        if (by == SplitBy.Records)
            plan = ReadRecords(split, plan, inputs);
        split.RefuseRest();
        if (inputs.Count == 0 && by is SplitBy.Lines or SplitBy.Records or SplitBy.Bytes or SplitBy.Files)
            split.Fail("by", split.Start, "there is no input to split; add input: or use by: count.");
        return plan;
    }

    private static SplitPlan ReadRecords(YamlFields split, SplitPlan plan, IReadOnlyList<string> inputs)
    {
        RecordFormat? format = split.Has("format")
            ? split.TakeChoice("format", [("csv", RecordFormat.Csv), ("jsonl", RecordFormat.Jsonl)], [], RecordFormat.Csv)
            : null;
        if ((format ?? RecordFormats.OfNames(inputs)) != RecordFormat.Jsonl)
            return plan with { Format = format, Header = split.TakeChoice("header", [("true", true), ("false", false)], [], true) };
        return plan with { Format = format };
    }

    private static bool IsPositiveCount(string text, out long count)
        => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;

    private (MergeMode Mode, string? Stage, YamlNode? At) ReadMerge(YamlFields root, RecordFormat? records)
    {
        if (root.Take("merge") is not { } node || node is YamlScalarNode { Value: "concat" })
            return (MergeMode.Concat, null, null);
        if (node is YamlScalarNode { Value: "none" })
            return (MergeMode.None, null, null);
        if (node is YamlScalarNode { Value: "csv" } || (node is YamlScalarNode { Value: "records" } && records == RecordFormat.Csv))
            return (MergeMode.Csv, null, null);
        if (node is YamlScalarNode { Value: "jsonl" } || (node is YamlScalarNode { Value: "records" } && records == RecordFormat.Jsonl))
            return (MergeMode.Jsonl, null, null);
        if (node is YamlMappingNode && YamlFields.Open(node, "merge", errors) is { } fields)
        {
            if (!fields.Has("stage"))
                fields.Fail("stage", node.Start, "this field is required: the stage that merges, such as merge: { stage: reduce }.");
            var stage = fields.TakeText("stage");
            fields.RefuseRest();
            return (MergeMode.Concat, stage, node);
        }

        errors.Add(YamlFields.At(FaultCodes.Malformed, "merge", node.Start, node is YamlScalarNode { Value: "records" }
            ? "neither split.format nor the inputs' names say how records are written; use csv or jsonl."
            : "this must be concat, records, csv, jsonl, none or { stage: NAME }."));
        return (MergeMode.Concat, null, null);
    }

    private static Resources ReadResources(YamlFields root, out GpuRequest? gpu)
    {
        gpu = null;
        var standard = Resources.Default;
        if (root.TakeFields("resources") is not { } fields)
            return standard;
        var resources = new Resources(
            fields.TakeValue("cpu", Quantities.TryCpuMillis, "a number of cores such as 0.5 or 2", standard.CpuMillis),
            fields.TakeValue("memory", IsPositiveSize, "a size such as 256MiB", standard.Memory),
            fields.TakeValue("disk", Quantities.TryBytes, "a size such as 1GiB", standard.Disk));
        if (fields.TakeFields("gpu") is { } wanted)
            gpu = ReadGpu(wanted);
        fields.RefuseRest();
        return resources;
    }

    private static Resources ReadStageResources(YamlFields stage)
    {
        var mark = stage.Start;
        var resources = ReadResources(stage, out var gpu);
        if (gpu is not null)
            stage.Fail("resources.gpu", mark, "GPUs are for the task's own run only; leave it out.");
        return resources;
    }

    private static GpuRequest? ReadGpu(YamlFields fields)
    {
        var gpu = new GpuRequest(
            fields.TakeValue("count", IsCount, "a whole number", 1),
            fields.TakeChoice("vendor", [("any", GpuVendor.Any), ("nvidia", GpuVendor.Nvidia), ("amd", GpuVendor.Amd), ("intel", GpuVendor.Intel)], [], GpuVendor.Any),
            fields.TakeValue("memory", Quantities.TryBytes, "a size such as 8GiB", 0L));
        if (gpu.Count > GpuRequest.Most)
            fields.Fail("count", fields.Start, $"{GpuRequest.Most} is the most.");
        fields.RefuseRest();
        return gpu.Count == 0 ? null : gpu;
    }

    private static Limits ReadLimits(YamlFields root)
    {
        var standard = new Limits();
        if (root.TakeFields("limits") is not { } fields)
            return standard;
        var limits = new Limits
        {
            TimeSeconds = (int)Math.Min(int.MaxValue, fields.TakeValue("time", IsPositiveTime, "a duration such as 60s or 5m", (long)standard.TimeSeconds)),
            OutputBytes = fields.TakeValue("output", IsPositiveSize, "a size such as 100MiB", standard.OutputBytes),
            Retries = fields.TakeValue("retries", IsCount, "a whole number", standard.Retries),
            DeadlineSeconds = fields.TakeValue("deadline", IsPositiveTime, "a duration such as 2h", standard.DeadlineSeconds),
            Speculate = fields.TakeFlag("speculate"),
        };
        fields.RefuseRest();
        return limits;
    }

    private NetworkRequest? ReadNetwork(YamlFields root)
    {
        if (root.Take("network") is not { } node || node is YamlScalarNode { Value: "none" })
            return null;
        if (YamlFields.Open(node, "network", errors) is not { } fields)
            return null;
        var start = fields.Start;
        var allow = fields.TakeList("allow", orOne: true).Select(d => d.Contains(':', StringComparison.Ordinal) ? d : $"{d}:{HttpsPort}").ToList();
        foreach (var wrong in allow.Where(d => !NetworkRules.IsDestination(d)))
            fields.Fail("allow", start, $"'{wrong}' is not HOST:PORT such as example.org:443, or *.example.org:443, in lower case.");
        if (allow.Count is 0 or > NetworkRequest.Most)
            fields.Fail("allow", start, $"name 1 to {NetworkRequest.Most} destinations, such as example.org:443; or write network: none.");
        fields.RefuseRest();
        return new NetworkRequest(allow);
    }

    private static Placement ReadPlacement(YamlFields root)
    {
        if (root.TakeFields("placement") is not { } fields)
            return new Placement();
        var regions = fields.TakeList("regions", orOne: true);
        var labels = fields.TakeMap("labels");
        IReadOnlyList<string> deny = [];
        if (fields.TakeFields("operators") is { } operators)
        {
            var mark = operators.Start;
            deny = operators.TakeList("deny", orOne: true);
            foreach (var unknown in deny.Where(d => !AccountId.TryParse(d, out _)))
                operators.Fail("deny", mark, $"'{unknown}' is not an account id (a_…).");
            operators.NotYet("allow", Later);
            operators.RefuseRest();
        }

        fields.NotYet("minRank", Later);
        RefuseFlag(fields, "own");
        fields.RefuseRest();
        return new Placement { Regions = regions, DenyOperators = deny, Labels = labels };
    }

    private static Privacy ReadPrivacy(YamlFields root)
    {
        if (root.TakeFields("privacy") is not { } fields)
            return new Privacy();
        var mark = fields.MarkOf("custody");
        var privacy = new Privacy
        {
            Custody = fields.TakeChoice(
                "custody", [("managed", Custody.Managed), ("sealed", Custody.Sealed), ("attested", Custody.Attested)], [], Custody.Managed),
            Cipher = fields.TakeChoice("cipher", [.. CipherSuites.All.Select(s => (CipherSuites.Name(s), CipherSuites.Name(s)))], [], new Privacy().Cipher),
            Parallel = fields.TakeValue("parallel", IsCount, "a whole number (0: as many as fit)", 0),
            Sticky = fields.TakeFlag("sticky"),
            Rotate = fields.TakeFlag("rotate"),
        };
        if (privacy.Custody == Custody.Attested)
            fields.Fail(FaultCodes.CustodyUnavailable, "custody", mark, CustodyTerms.NoAttestation);
        if (privacy.RefusesParallel() is { } conflict)
            fields.Fail("parallel", fields.Start, conflict);
        fields.RefuseRest();
        return privacy;
    }

    private static void RefuseFlag(YamlFields fields, string name)
        => fields.TakeChoice(name, [("false", false)], ["true"], false);

    private static Budget ReadBudget(YamlFields root)
    {
        if (root.TakeFields("budget") is not { } fields)
            return new Budget();
        var budget = new Budget
        {
            Max = fields.TakeValue("max", Tokens.TryParse, "an amount of tokens such as 2.5", Tokens.Zero),
            Tier = fields.TakeChoice("tier", [("economy", Tier.Economy), ("standard", Tier.Standard), ("priority", Tier.Priority)], [], Tier.Standard),
        };
        fields.TakeChoice("model", [("metered", 0)], ["fixed", "lease"], 0);
        fields.RefuseRest();
        return budget;
    }

    private static Retention ReadRetention(YamlFields root)
    {
        if (root.TakeFields("retain") is not { } fields)
            return new Retention();
        var retention = new Retention
        {
            ResultsSeconds = fields.TakeValue("results", IsPositiveTime, "a duration such as 7d", new Retention().ResultsSeconds),
        };
        var logs = fields.TakeValue("logs", IsPositiveTime, "a duration such as 1d", 0L);
        if (logs > retention.ResultsSeconds)
            fields.Fail(FaultCodes.Malformed, "logs", fields.Start, "logs are not kept longer than results; make results at least as long.");
        fields.RefuseRest();
        return logs > 0 ? retention with { LogsSeconds = logs } : retention;
    }
}
