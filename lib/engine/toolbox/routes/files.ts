/** The file routes of the toolbox. Each works on the sandbox's tree as the sandbox's user. */
import { fileOperations } from '@/lib/process-api/operations/files'
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
  routes.on(fileOperations.listFiles, listFolder(space))
  routes.on(fileOperations.deleteFile, deleteFile(space))
  routes.on(fileOperations.getFileInfo, fileDetails(space))
  routes.on(fileOperations.downloadFile, downloadFile(space))
  routes.on(fileOperations.downloadFiles, bulkDownload(space))
  routes.on(fileOperations.uploadFile, uploadFile(space))
  routes.on(fileOperations.uploadFileV2, uploadFileV2(space))
  routes.on(fileOperations.uploadFiles, bulkUpload(space))
  routes.on(fileOperations.findInFiles, findInFiles(space))
  routes.on(fileOperations.searchFiles, searchFiles(space))
  routes.on(fileOperations.createFolder, makeFolder(space))
  routes.on(fileOperations.moveFile, moveFile(space))
  routes.on(fileOperations.setFilePermissions, setPermissions(space))
  routes.on(fileOperations.replaceInFiles, replaceInFiles(space))
}
