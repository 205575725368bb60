namespace Rxelon.Client.Splitting;

/// <summary>A file of the task's input: where it is here, and under which name (with '/') the program finds it below in/.</summary>
public sealed record InputFile(string Path, string Name, long Length);
