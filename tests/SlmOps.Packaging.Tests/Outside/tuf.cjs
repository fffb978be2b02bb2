// Updates from a repository folder with a client folder that holds root.json: node tuf.cjs repository client [target]
const fs = require('node:fs');
const path = require('node:path');
const { BaseFetcher, Updater } = require('tuf-js');
const { DownloadHTTPError } = require(path.join(path.dirname(require.resolve('tuf-js')), 'error.js'));

const [repository, client, target] = process.argv.slice(2);

class FolderFetcher extends BaseFetcher {
  async fetch(url) {
    const file = path.join(repository, new URL(url).pathname);
    if (!fs.existsSync(file)) throw new DownloadHTTPError('not found', 404);
    return new Blob([fs.readFileSync(file)]).stream();
  }
}

(async () => {
  const updater = new Updater({
    metadataDir: client,
    metadataBaseUrl: 'http://repository/metadata',
    targetDir: client,
    targetBaseUrl: 'http://repository/targets',
    fetcher: new FolderFetcher(),
  });
  await updater.refresh();
  if (target) {
    const info = await updater.getTargetInfo(target);
    await updater.downloadTarget(info, path.join(client, 'target'));
    console.log(JSON.stringify(info.custom ?? {}));
  } else {
    console.log('ok');
  }
})().catch((error) => {
  console.log(error.message);
  process.exitCode = 1;
});
