using System.Globalization;
using Rxelon.Shared.Values;
using Rxelon.Shared.Workloads;
using YamlDotNet.RepresentationModel;

namespace Rxelon.Client.Specs;

/// <summary>
/// The run section, and the name a task gets when nobody gives it one. The image is a digest, or a model's name; the repository is
/// where a container's may be pulled from.
/// </summary>
public sealed record RunPlan(WorkloadKind Kind, string? Image, ProgramPlan Program, string DefaultName, string? Repository = null)
{
    internal static RunPlan? Read(string kind, YamlFields run, List<SpecError> errors)
        => run.TakeFields(kind) is not { } fields ? null
            : kind switch
            {
                "wasm" => ReadWasm(fields),
                "docker" => ReadDocker(fields, errors),
                "vm" => ReadVm(fields, errors),
                "model" => ReadModel(fields),
                _ => ReadMock(fields),
            };

    /// <summary>Whether the text names an image's file and not an image.</summary>
    public static bool IsPath(string text) => text.EndsWith(".tar", StringComparison.Ordinal) || text.StartsWith('.') || text.StartsWith('/');

    private static RunPlan ReadWasm(YamlFields fields)
    {
        if (!fields.Has("module"))
            fields.Fail("module", fields.Start, "this field is required: the path of the .wasm file.");
        var module = fields.TakeText("module") ?? "";
        var program = new ProgramPlan { ModulePath = module, Args = fields.TakeList("args") };
        fields.RefuseRest();
        var name = Path.GetFileNameWithoutExtension(module);
        return new RunPlan(WorkloadKind.Wasm, null, program, name.Length is > 0 and <= 64 ? name : "wasm");
    }

    private static RunPlan ReadModel(YamlFields fields)
    {
        if (!fields.Has("name"))
            fields.Fail("name", fields.Start, "this field is required: the model's full name (see: rxelon models).");
        var name = fields.TakeValue("name", (string text, out string found) => ModelPlan.IsName(found = text), "a model's name such as mlx-community/Llama-3.2-1B-Instruct-4bit", "");
        var model = new ModelPlan
        {
            Prompt = fields.TakeText("prompt") ?? "",
            System = fields.TakeText("system") ?? "",
            MaxTokens = fields.TakeValue("maxTokens", IsCount, "a whole number from 1", ModelPlan.StandardMaxTokens),
            Temperature = fields.TakeValue<double?>("temperature", IsFraction, "a number such as 0.7", null),
            TopP = fields.TakeValue<double?>("topP", IsFraction, "a number such as 0.9", null),
            Seed = fields.TakeValue<int?>("seed", IsSeed, "a whole number", null),
            Stop = fields.TakeList("stop", orOne: true),
        };
        fields.RefuseRest();
        return new RunPlan(WorkloadKind.Model, name, new ProgramPlan { Model = model }, ModelPlan.LabelOf(name));
    }

    private static bool IsCount(string text, out int count)
        => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out count) && count > 0;

    private static bool IsSeed(string text, out int? seed)
    {
        var isNumber = int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        seed = number;
        return isNumber;
    }

    private static bool IsFraction(string text, out double? value)
    {
        var isNumber = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number);
        value = number;
        return isNumber;
    }

    private static RunPlan ReadMock(YamlFields fields)
    {
        var program = new ProgramPlan { Args = fields.TakeList("args") };
        fields.RefuseRest();
        return new RunPlan(WorkloadKind.Mock, null, program, "mock");
    }

    private static RunPlan ReadVm(YamlFields fields, List<SpecError> errors)
    {
        foreach (var needed in (string[])["image", "command"])
        {
            if (!fields.Has(needed))
                fields.Fail(needed, fields.Start, needed == "image" ? "this field is required: sha256:…." : "this field is required: a machine's image has no command of its own.");
        }

        string? image = null;
        if (fields.Take("image") is { } node)
        {
            var text = (node as YamlScalarNode)?.Value ?? "";
            image = ImageReference.IsDigest(text) ? text : null;
            if (image is null)
                errors.Add(YamlFields.At(FaultCodes.Malformed, "run.vm.image", node.Start, $"'{text}' is no digest: write sha256:… (rxelon-node vm-image add prints it)."));
        }

        var program = new ProgramPlan
        {
            Args = fields.TakeList("args"),
            Command = fields.TakeList("command"),
            Workdir = fields.TakeText("workdir") ?? "",
            User = fields.TakeText("user") ?? "",
        };
        fields.RefuseRest();
        return new RunPlan(WorkloadKind.Vm, image, program, "vm");
    }

    private static RunPlan ReadDocker(YamlFields fields, List<SpecError> errors)
    {
        if (!fields.Has("image"))
            fields.Fail("image", fields.Start, "this field is required: sha256:…, name@sha256:…, or the path of an image's .tar file.");
        ImageReference? image = null;
        string? path = null;
        if (fields.Take("image") is { } node)
        {
            var text = (node as YamlScalarNode)?.Value ?? "";
            image = ImageReference.Parse(text);
            if (image is null && IsPath(text))
                path = text;
            else if (image is null)
                errors.Add(YamlFields.At(FaultCodes.Malformed, "run.docker.image", node.Start, $"'{text}' names no digest, and a tag may change: write sha256:… or name@sha256:… (docker inspect --format '{{{{.Id}}}}' NAME)."));
        }

        var program = new ProgramPlan
        {
            ImagePath = path,
            Args = fields.TakeList("args"),
            Command = fields.TakeList("command"),
            Workdir = fields.TakeText("workdir") ?? "",
            User = fields.TakeText("user") ?? "",
        };
        fields.RefuseRest();
        return new RunPlan(WorkloadKind.Docker, image?.Digest, program, "docker", image?.Repository);
    }
}
