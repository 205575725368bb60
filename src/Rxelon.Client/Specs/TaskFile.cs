using Rxelon.Shared.Values;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>Reads task files (YAML 1.2; docs/task-file.md). All errors are found in one pass.</summary>
public static class TaskFile
{
    /// <summary>A task file is a page of text; more is a mistake.</summary>
    public const int MaxBytes = 1 << 20;

    /// <summary>Reads a file; paths in it are relative to its folder.</summary>
    public static (TaskPlan? Plan, IReadOnlyList<SpecError> Errors) Load(string path)
    {
        var file = new FileInfo(path);
        if (!file.Exists)
            return (null, [new SpecError(FaultCodes.NotFound, "", 0, 0, $"there is no file {path}.")]);
        if (file.Length > MaxBytes)
            return (null, [new SpecError(FaultCodes.TooLarge, "", 0, 0, $"{path} is larger than {MaxBytes} bytes; it cannot be a task file.")]);
        var (plan, errors) = Parse(File.ReadAllText(path), file.DirectoryName!);
        return (plan, errors);
    }

    /// <summary>Reads text; the plan is null when there is any error.</summary>
    public static (TaskPlan? Plan, IReadOnlyList<SpecError> Errors) Parse(string yaml, string baseDirectory)
    {
        var errors = new List<SpecError>();
        try
        {
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count != 1)
                return (null, [new SpecError(FaultCodes.Malformed, "", 1, 1, "a task file holds exactly one document.")]);
            var plan = YamlFields.Open(stream.Documents[0].RootNode, "", errors) is { } fields
                ? new TaskFileReader(errors).Read(fields, baseDirectory)
                : null;
            errors.Sort((a, b) => (a.Line, a.Column).CompareTo((b.Line, b.Column)));
            return (errors.Count == 0 ? plan : null, errors);
        }
        catch (YamlException e)
        {
            return (null, [YamlFields.At(FaultCodes.Malformed, "", e.Start, $"this is not valid YAML: {e.Message}")]);
        }
    }
}
