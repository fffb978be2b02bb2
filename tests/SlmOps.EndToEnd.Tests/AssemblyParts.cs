using SlmOps.EndToEnd.Tests.Parts;

[assembly: AssemblyFixture(typeof(SharedPlatform))]
