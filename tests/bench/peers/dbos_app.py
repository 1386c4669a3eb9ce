"""DBOS with FastAPI, in an environment of its own: a durable workflow of ten durable steps."""

# mypy: ignore-errors
import os

from dbos import DBOS
from fastapi import FastAPI, Request

app = FastAPI()
DBOS(
    config={
        "name": "bench",
        "system_database_url": os.environ["DBOS_URL"],
        "run_admin_server": False,
        "log_level": "ERROR",
    }
)


@DBOS.step()
async def step(value):
    return {**value, "n": value["n"] + 1}


@DBOS.workflow()
async def ten(value):
    for _ in range(10):
        value = await step(value)
    return value


@app.post("/steps")
async def steps(request: Request):
    return await ten(await request.json())


@app.post("/accept", status_code=202)
async def accept(request: Request):
    handle = await DBOS.start_workflow_async(ten, await request.json())
    return {"id": handle.get_workflow_id()}


DBOS.launch()
