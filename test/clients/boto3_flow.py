"""Why: what a data center does with boto3, step by step, against the endpoint in the environment.

Prints a line for each step that was as expected; an assertion that fails ends it. Argument: a folder for files.
"""

import hashlib
import os
import sys
from concurrent.futures import ThreadPoolExecutor

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

MEBIBYTE = 2**20
BUCKET = "models"
ODD_KEYS = [
    "..", "../../etc/passwd", ".", "./a", "a/./b", "a/../b", "/", "//x", "a//b", "a/", "a\\b", "%2e", "%2E%2E", "%",
    "+", "a b", " a ", "\t", "é", "e\u0301", "日本", "🐳", "\ufeffx", "\uffff", "<&>\"'", "it's", "x?y=z#w", "~", "*", "k" * 1024, "é" * 512,
]  # fmt: skip

s3 = boto3.client("s3")


def sha256_of(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def error_of(work, **arguments):
    try:
        work(Bucket=BUCKET, **arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "accepted"


def all_keys(**arguments):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET, **arguments)
    return [entry["Key"] for page in pages for entry in page.get("Contents", [])]


def make_bucket():
    s3.create_bucket(Bucket=BUCKET)
    s3.head_bucket(Bucket=BUCKET)
    assert [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]] == [BUCKET]


def move_large_file(folder):
    source, target = os.path.join(folder, "source"), os.path.join(folder, "target")
    with open(source, "wb") as file:
        file.write(os.urandom(64 * MEBIBYTE))
    config = TransferConfig(multipart_threshold=8 * MEBIBYTE, multipart_chunksize=8 * MEBIBYTE, max_concurrency=8)
    s3.upload_file(source, BUCKET, "weights/shard", Config=config)
    head = s3.head_object(Bucket=BUCKET, Key="weights/shard")
    assert head["ContentLength"] == 64 * MEBIBYTE and head["ETag"].endswith('-8"'), head
    s3.download_file(BUCKET, "weights/shard", target, Config=config)
    assert sha256_of(source) == sha256_of(target)
    s3.copy_object(CopySource={"Bucket": BUCKET, "Key": "weights/shard"}, Bucket=BUCKET, Key="weights/copy")
    assert s3.head_object(Bucket=BUCKET, Key="weights/copy")["ContentLength"] == 64 * MEBIBYTE
    for key in ("weights/shard", "weights/copy"):
        s3.delete_object(Bucket=BUCKET, Key=key)


def keep_odd_keys():
    for key in ODD_KEYS:
        s3.put_object(Bucket=BUCKET, Key=key, Body=key.encode())
    assert all_keys() == sorted(ODD_KEYS, key=str.encode)
    for key in ODD_KEYS:
        assert s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() == key.encode(), key
    s3.delete_object(Bucket=BUCKET, Key="\uffff")  # no XML document can name it
    in_xml = [{"Key": key} for key in ODD_KEYS if key != "\uffff"]
    deleted = s3.delete_objects(Bucket=BUCKET, Delete={"Objects": in_xml})
    assert len(deleted["Deleted"]) == len(in_xml) and all_keys() == [], deleted


def list_many_keys():
    names = [f"set/{at % 7}/sample-{at:05d}" for at in range(2500)]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: s3.put_object(Bucket=BUCKET, Key=name, Body=name.encode()), names))
    assert all_keys() == sorted(names)
    assert all_keys(PaginationConfig={"PageSize": 333}, Prefix="set/3/") == sorted(n for n in names if n[4] == "3")
    page = s3.list_objects_v2(Bucket=BUCKET, Delimiter="/", Prefix="set/")
    assert [entry["Prefix"] for entry in page["CommonPrefixes"]] == [f"set/{at}/" for at in range(7)], page
    page = s3.list_objects_v2(Bucket=BUCKET, StartAfter="set/6/", MaxKeys=2, FetchOwner=True)
    assert page["IsTruncated"] and len(page["Contents"]) == 2 and page["Contents"][0]["Owner"]["ID"], page


def read_on_conditions():
    metadata = {"run": "7", "name": "a b"}
    put = s3.put_object(Bucket=BUCKET, Key="one", Body=b"0123456789", Metadata=metadata, ContentType="text/plain")
    got = s3.get_object(Bucket=BUCKET, Key="one", Range="bytes=2-4", IfMatch=put["ETag"])
    assert (got["Body"].read(), got["ContentRange"]) == (b"234", "bytes 2-4/10"), got
    assert (got["Metadata"], got["ContentType"]) == (metadata, "text/plain"), got
    assert error_of(s3.get_object, Key="one", IfMatch='"other"') == "PreconditionFailed"
    assert error_of(s3.get_object, Key="one", IfNoneMatch=put["ETag"]) == "304"
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        checked = s3.put_object(Bucket=BUCKET, Key="checked", Body=b"x" * 100_000, ChecksumAlgorithm=algorithm)
        assert checked[f"Checksum{algorithm}"], checked


def keep_versions():
    s3.create_bucket(Bucket="versions")
    s3.put_bucket_versioning(Bucket="versions", VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket="versions")["Status"] == "Enabled"
    ids = [s3.put_object(Bucket="versions", Key="one", Body=body)["VersionId"] for body in (b"1", b"2")]
    assert s3.get_object(Bucket="versions", Key="one", VersionId=ids[0])["Body"].read() == b"1"
    assert s3.delete_object(Bucket="versions", Key="one")["DeleteMarker"]
    listed = s3.list_object_versions(Bucket="versions")
    assert [version["VersionId"] for version in listed["Versions"]] == ids[::-1] and listed["DeleteMarkers"], listed
    every = [{"Key": "one", "VersionId": each["VersionId"]} for each in listed["Versions"] + listed["DeleteMarkers"]]
    assert "Errors" not in s3.delete_objects(Bucket="versions", Delete={"Objects": every})
    s3.delete_bucket(Bucket="versions")


def keep_tags():
    s3.put_object(Bucket=BUCKET, Key="tagged", Body=b"x", Tagging="colour=blue")
    assert s3.get_object_tagging(Bucket=BUCKET, Key="tagged")["TagSet"] == [{"Key": "colour", "Value": "blue"}]
    assert s3.get_object(Bucket=BUCKET, Key="tagged")["TagCount"] == 1
    assert error_of(s3.put_object, Key="tagged", Body=b"y", IfNoneMatch="*") == "PreconditionFailed"
    listed = s3.list_objects(Bucket=BUCKET, MaxKeys=2)
    assert listed["IsTruncated"] and listed["Contents"][0]["Owner"]["ID"], listed


def join_checked_parts():
    parts = {"Bucket": BUCKET, "Key": "parts"}
    upload = s3.create_multipart_upload(**parts, ChecksumAlgorithm="SHA256")["UploadId"]
    part = {"UploadId": upload, "ChecksumAlgorithm": "SHA256"}
    first = s3.upload_part(**parts, **part, PartNumber=1, Body=b"p" * 5 * MEBIBYTE)
    named = [{"PartNumber": 1, "ETag": first["ETag"], "ChecksumSHA256": first["ChecksumSHA256"]}]
    done = s3.complete_multipart_upload(**parts, UploadId=upload, MultipartUpload={"Parts": named})
    assert done["ChecksumSHA256"].endswith("-1") and done["ChecksumType"] == "COMPOSITE", done
    attributes = s3.get_object_attributes(**parts, ObjectAttributes=["ObjectParts", "ObjectSize"])
    assert (attributes["ObjectSize"], attributes["ObjectParts"]["TotalPartsCount"]) == (5 * MEBIBYTE, 1), attributes
    read = s3.get_object(**parts, PartNumber=1)
    assert (read["PartsCount"], len(read["Body"].read())) == (1, 5 * MEBIBYTE), read
    copy = {"Bucket": BUCKET, "Key": "copied", "UploadId": s3.create_multipart_upload(Bucket=BUCKET, Key="copied")["UploadId"]}
    copied = s3.upload_part_copy(**copy, PartNumber=1, CopySource=parts, CopySourceRange="bytes=1-9")
    assert s3.list_parts(**copy)["Parts"][0]["ETag"] == copied["CopyPartResult"]["ETag"], copied
    s3.abort_multipart_upload(**copy)


def ask_for_configurations():
    for ask, code in (
        (s3.get_bucket_encryption, "ServerSideEncryptionConfigurationNotFoundError"),
        (s3.get_bucket_lifecycle_configuration, "NoSuchLifecycleConfiguration"),
        (s3.get_public_access_block, "NoSuchPublicAccessBlockConfiguration"),
        (s3.get_bucket_policy, "NoSuchBucketPolicy"),
        (s3.get_bucket_cors, "NoSuchCORSConfiguration"),
        (s3.get_bucket_tagging, "NoSuchTagSet"),
    ):
        assert error_of(ask) == code, code
    assert s3.get_bucket_acl(Bucket=BUCKET)["Grants"][0]["Permission"] == "FULL_CONTROL"
    assert s3.get_bucket_request_payment(Bucket=BUCKET)["Payer"] == "BucketOwner"
    for ask in (s3.get_bucket_logging, s3.get_bucket_notification_configuration, s3.get_bucket_accelerate_configuration):
        ask(Bucket=BUCKET)


def refuse_bad_requests():
    assert error_of(s3.get_object, Key="none") == "NoSuchKey"
    assert error_of(s3.put_object, Key="k" * 1025, Body=b"") == "KeyTooLongError"
    assert error_of(s3.put_object, Key="k", Body=b"x", ContentMD5="XUFAKrxLKna5cZ2REBfFkg==") == "BadDigest"
    assert error_of(s3.get_object, Key="one", Range="bytes=10-") == "InvalidRange"
    assert error_of(s3.put_bucket_acl, ACL="public-read") == "NotImplemented"
    assert error_of(s3.delete_bucket) == "BucketNotEmpty"
    forged = boto3.client("s3", aws_access_key_id=os.environ["AWS_ACCESS_KEY_ID"], aws_secret_access_key="wrong")
    assert error_of(forged.get_object, Key="one") == "SignatureDoesNotMatch"
    stranger = boto3.client("s3", aws_access_key_id="nobody", aws_secret_access_key="wrong")
    assert error_of(stranger.get_object, Key="one") == "InvalidAccessKeyId"


def abort_uploads():
    ids = [s3.create_multipart_upload(Bucket=BUCKET, Key=f"open/{at}")["UploadId"] for at in range(3)]
    s3.upload_part(Bucket=BUCKET, Key="open/0", UploadId=ids[0], PartNumber=4, Body=b"part")
    assert [part["Size"] for part in s3.list_parts(Bucket=BUCKET, Key="open/0", UploadId=ids[0])["Parts"]] == [4]
    uploads = s3.list_multipart_uploads(Bucket=BUCKET, Prefix="open/")["Uploads"]
    assert [upload["UploadId"] for upload in uploads] == ids, uploads
    for upload in uploads:
        s3.abort_multipart_upload(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
    assert "Uploads" not in s3.list_multipart_uploads(Bucket=BUCKET)


def delete_all():
    keys = all_keys()
    for at in range(0, len(keys), 1000):
        objects = [{"Key": key} for key in keys[at : at + 1000]]
        assert "Errors" not in s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects, "Quiet": True})
    s3.delete_bucket(Bucket=BUCKET)
    assert s3.list_buckets()["Buckets"] == []


STEPS = [
    (make_bucket, "bucket made"),
    (lambda: move_large_file(sys.argv[1]), "64 MiB uploaded in parts and read back"),
    (keep_odd_keys, "odd keys came back unchanged"),
    (list_many_keys, "2500 keys listed in byte order"),
    (read_on_conditions, "conditions, ranges and metadata kept"),
    (keep_versions, "versions kept, marked and deleted"),
    (keep_tags, "tags and conditions of writes kept"),
    (join_checked_parts, "checked and copied parts joined"),
    (ask_for_configurations, "configurations answered as those that there are not"),
    (refuse_bad_requests, "bad requests refused by name"),
    (abort_uploads, "uploads listed and aborted"),
    (delete_all, "all deleted"),
]

for step, done in STEPS:
    step()
    print(done, flush=True)
