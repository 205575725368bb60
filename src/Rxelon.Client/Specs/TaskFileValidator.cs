using System.Text;
using Rxelon.Client.Archives;
using Rxelon.Client.Splitting;
using Rxelon.Shared.Ids;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>Everything about a task file that can be checked without a hub: its fields, its module and its inputs.</summary>
public static class TaskFileValidator
{
    /// <summary>All errors at once; the plan when there is none.</summary>
    public static (TaskPlan? Plan, IReadOnlyList<SpecError> Errors) Validate(string path)
    {
        var (plan, errors) = TaskFile.Load(path);
        if (plan is null)
            return (plan, errors);
        var found = new List<SpecError>();
        if (plan.Program.ModulePath is { } module && !File.Exists(Path.GetFullPath(module, plan.BaseDirectory)))
            found.Add(At(path, FaultCodes.NotFound, $"there is no file {module}.", "run", "wasm", "module"));
        if (plan.Program.Model is { } model && model.ToRequest(plan.BaseDirectory).Fault is { } missing)
            found.Add(At(path, missing.Code, missing.Message, "run", "model"));
        foreach (var (stage, program) in plan.StagePrograms)
        {
            if (program.ModulePath is { } stageModule && !File.Exists(Path.GetFullPath(stageModule, plan.BaseDirectory)))
                found.Add(At(path, FaultCodes.NotFound, $"there is no file {stageModule}.", "stages", stage, "run", "wasm", "module"));
        }

        if (plan.Program.ImagePath is { } image && ImageFile.Open(Path.GetFullPath(image, plan.BaseDirectory)) is var opened)
        {
            if (opened.Fault is { } wrong)
                found.Add(At(path, wrong.Code, wrong.Message, "run", "docker", "image"));
            else
            {
                // A quote's spec names the image; the ciphertext does not exist yet and is only made when the task is submitted.
                using var file = opened.Value;
                plan = plan with { Spec = plan.Spec with { Image = file.Id, ImageBlob = new ImageBlob(BlobId.Of(Encoding.UTF8.GetBytes(file.Id)), file.Length) } };
            }
        }

        if (plan.Inputs.Count > 0 && PartSplitter.Open(plan, () => Stream.Null, ".").Fault is { } fault)
            found.Add(At(path, fault.Code, fault.Message, "input"));
        return (found.Count == 0 ? plan : null, found);
    }

    private static SpecError At(string path, string code, string message, params string[] fields)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(File.ReadAllText(path)));
        var node = stream.Documents[0].RootNode;
        foreach (var field in fields)
            node = node[field];
        return YamlFields.At(code, string.Join('.', fields), node.Start, message);
    }
}
