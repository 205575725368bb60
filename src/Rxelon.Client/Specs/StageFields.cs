using System.Globalization;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>The fields <c>stages</c>, <c>rounds</c> and <c>merge: { stage: … }</c> of a task file (docs/task-file.md).</summary>
internal sealed class StageFields(List<SpecError> errors, string taskName)
{
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>The stages in the order of the file, and what each runs.</summary>
    internal List<(StageSpec Stage, ProgramPlan Program)> Read(
        YamlFields root, Func<YamlFields, RunPlan?> readRun, Func<YamlFields, Resources> readResources, Limits limits)
    {
        var stages = new List<(StageSpec, ProgramPlan)>();
        if (root.Take("stages") is not { } node || YamlFields.Open(node, "stages", errors) is null)
            return stages;
        _names.UnionWith(((YamlMappingNode)node).Children.Keys.OfType<YamlScalarNode>().Select(k => k.Value ?? ""));
        foreach (var (key, value) in (YamlMappingNode)node)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (YamlFields.Open(value, $"stages.{name}", errors) is not { } fields)
                continue;
            var needs = fields.TakeList("needs", orOne: true).Select(Own).ToList();
            var run = readRun(fields);
            var stage = new StageSpec
            {
                Name = name,
                Needs = needs,
                Kind = run?.Kind ?? WorkloadKind.Wasm,
                Image = run?.Image,
                Resources = fields.Has("resources") ? readResources(fields) : null,
                Limits = ReadLimits(fields, limits),
                Parts = fields.TakeValue("parts", IsCount, "a whole number from 1", 1),
            };
            if (run is { Program.ImagePath: not null } or { Repository: not null })
                fields.Fail("run.docker.image", fields.Start, "a stage's image must be one that nodes have: write sha256:….");
            fields.RefuseRest();
            if (run is not null)
                stages.Add((stage, run.Program));
        }

        return stages;
    }

    internal RoundsSpec? ReadRounds(YamlFields root)
    {
        if (root.TakeFields("rounds") is not { } fields)
            return null;
        if (!fields.Has("of") || !fields.Has("max"))
            fields.Fail("of", fields.Start, "rounds say of which stages and how many at most, such as rounds: { of: [main, reduce], max: 20 }.");
        var rounds = new RoundsSpec
        {
            Of = [.. fields.TakeList("of", orOne: true).Select(Own)],
            Max = fields.TakeValue("max", IsCount, "a whole number from 1", 1),
            Until = fields.TakeText("until"),
        };
        fields.RefuseRest();
        return rounds;
    }

    /// <summary>Everything that can be said of the stages before the input is split.</summary>
    internal void Check(TaskSpec spec, YamlNode? at, string? mergeStage, YamlNode? mergeAt)
    {
        var plan = StagePlan.Of(spec, 1);
        if (plan.Fault is { } fault)
            errors.Add(YamlFields.At(FaultCodes.Malformed, "stages", (at ?? mergeAt)?.Start ?? default, fault.Message));
        if (mergeStage is null || !plan.IsOk)
            return;
        var name = Own(mergeStage);
        if (plan.Value.Stages.All(s => s.Name != name))
            errors.Add(YamlFields.At(FaultCodes.Malformed, "merge", mergeAt!.Start, $"there is no stage '{mergeStage}'."));
        else if (plan.Value.Final.All(s => s.Name != name))
            errors.Add(YamlFields.At(FaultCodes.Malformed, "merge", mergeAt!.Start, $"stage '{mergeStage}' is needed by another; the last one's result is the task's."));
    }

    // The task's own run goes by the task's name as well, unless a stage has that name.
    private string Own(string name) => name == taskName && !_names.Contains(name) ? StagePlan.Main : name;

    private static StageLimits? ReadLimits(YamlFields stage, Limits task)
    {
        if (stage.TakeFields("limits") is not { } fields)
            return null;
        var limits = new StageLimits(
            (int)Math.Min(int.MaxValue, fields.TakeValue("time", IsTime, "a duration such as 60s or 5m", (long)task.TimeSeconds)),
            fields.TakeValue("output", IsSize, "a size such as 100MiB", task.OutputBytes));
        fields.RefuseRest();
        return limits;
    }

    private static bool IsCount(string text, out int count)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;

    private static bool IsTime(string text, out long seconds) => Quantities.TrySeconds(text, out seconds) && seconds > 0;

    private static bool IsSize(string text, out long size) => Quantities.TryBytes(text, out size) && size > 0;
}
