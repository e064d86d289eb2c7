/** The file routes of the toolbox. Each works on the sandbox's tree as the sandbox's user. */
import type { Routes } from '../../http/router'
import { bulkDownload } from '../files/bulk-download'
import { downloadFile } from '../files/download'
import { fileDetails, listFolder } from '../files/listing'
import { deleteFile, makeFolder, moveFile, setPermissions } from '../files/mutations'
import { FileSpace } from '../files/paths'
import { replaceInFiles } from '../files/replace'
import { findInFiles, searchFiles } from '../files/search'
import { bulkUpload, uploadFile, uploadFileV2 } from '../files/upload'
import type { ToolboxServices } from '../services/services'

export function registerFiles(routes: Routes, services: Pick<ToolboxServices, 'config'>): void {
  const space = new FileSpace(services)
  routes.route('GET', '/files', listFolder(space))
  routes.route('DELETE', '/files', deleteFile(space))
  routes.route('GET', '/files/info', fileDetails(space))
  routes.route('GET', '/files/download', downloadFile(space))
  routes.route('POST', '/files/bulk-download', bulkDownload(space))
  routes.route('POST', '/files/upload', uploadFile(space))
  routes.route('POST', '/files/upload-v2', uploadFileV2(space))
  routes.route('POST', '/files/bulk-upload', bulkUpload(space))
  routes.route('GET', '/files/find', findInFiles(space))
  routes.route('GET', '/files/search', searchFiles(space))
  routes.route('POST', '/files/folder', makeFolder(space))
  routes.route('POST', '/files/move', moveFile(space))
  routes.route('POST', '/files/permissions', setPermissions(space))
  routes.route('POST', '/files/replace', replaceInFiles(space))
}
