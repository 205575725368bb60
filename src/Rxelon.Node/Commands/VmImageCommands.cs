using System.CommandLine;
using Rxelon.Node.Config;
using Rxelon.Node.Executors.Vm;

namespace Rxelon.Node.Commands;

/// <summary>The images of virtual machines on this node.</summary>
internal static class VmImageCommands
{
    internal static Command Build() => new("vm-image", "Adds, lists and removes images of virtual machines.") { Add(), List(), Remove() };

    private static Command Add()
    {
        var source = new Argument<string>("source") { Description = "A folder or tar with manifest.json, kernel, initrd and, if it has one, root" };
        return Complete(new Command("add", "Copies an image, after hashing it, to where the node looks.") { source }, async (parsed, images, cancel) =>
        {
            var added = await images.AddAsync(parsed.GetValue(source)!, cancel);
            if (added.Fault is { } fault)
            {
                await Console.Error.WriteLineAsync($"{fault.Code}: {fault.Message}");
                return NodeHost.Misused;
            }

            await Console.Out.WriteLineAsync(added.Value);
            return NodeHost.Ok;
        });
    }

    private static Command List() => Complete(new Command("list", "Names the images that are whole."), async (_, images, _) =>
    {
        foreach (var image in images.List())
            await Console.Out.WriteLineAsync(image);
        return NodeHost.Ok;
    });

    private static Command Remove()
    {
        var image = new Argument<string>("image") { Description = "sha256:…" };
        return Complete(new Command("remove", "Deletes an image.") { image }, async (parsed, images, _) =>
        {
            if (images.Remove(parsed.GetValue(image)!))
                return NodeHost.Ok;
            await Console.Error.WriteLineAsync($"There is no image {parsed.GetValue(image)} here.");
            return NodeHost.Misused;
        });
    }

    private static Command Complete(Command command, Func<ParseResult, VmImages, CancellationToken, Task<int>> run)
    {
        var state = RunOptions.State();
        var images = RunOptions.VmImages();
        command.Add(state);
        command.Add(images);
        command.SetAction((parsed, cancel) => run(
            parsed, new VmImages(Path.GetFullPath(parsed.GetValue(images) ?? NodeOptions.DefaultImages(parsed.GetValue(state)!))), cancel));
        return command;
    }
}
